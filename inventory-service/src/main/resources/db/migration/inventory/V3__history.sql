-- What happened to each reservation, in the transaction in which it happened; the last line of an order is its state. No foreign key
-- and no index but the key: a checkout writes here twice, in statements that it sends anyway.
create table inventory.reservation_event (
    order_id   uuid not null,
    id         bigint generated always as identity,
    from_state text,
    to_state   text not null,
    refusal    text,
    at         timestamptz not null default now(),
    primary key (order_id, id),
    -- A change that cannot be recorded cannot happen: these are all the ways from state to state.
    constraint possible_transition check (
        case when from_state is null then to_state in ('HELD', 'REFUSED', 'WITHDRAWN')
        else from_state || ' to ' || to_state in ('HELD to COMMITTED', 'HELD to RELEASED') end)
);

create function inventory.record_event() returns trigger language plpgsql as $$
begin
    insert into inventory.reservation_event (order_id, from_state, to_state, refusal)
    values (new.order_id, case when tg_op = 'UPDATE' then old.state end, new.state, new.refusal);
    return null;
end $$;

-- Creating a trigger keeps writers away until the end of this transaction, so no change slips in between these and the rows below.
create trigger record_first_state after insert on inventory.reservation
    for each row execute function inventory.record_event();
create trigger record_state_change after update on inventory.reservation
    for each row when (old.state is distinct from new.state) execute function inventory.record_event();

-- The reservations made before there was a history: what has ended was held first, since its creation.
insert into inventory.reservation_event (order_id, to_state, refusal, at)
select order_id, case when state in ('COMMITTED', 'RELEASED') then 'HELD' else state end, refusal, created_at
from inventory.reservation;

insert into inventory.reservation_event (order_id, from_state, to_state, at)
select order_id, 'HELD', state, updated_at from inventory.reservation where state in ('COMMITTED', 'RELEASED');

create function inventory.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;

create trigger append_only before update or delete or truncate on inventory.reservation_event
    for each statement execute function inventory.refuse_change();
