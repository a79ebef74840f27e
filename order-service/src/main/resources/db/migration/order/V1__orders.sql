create table orders.orders (
    id                uuid primary key,
    customer_id       uuid not null,
    idempotency_key   text not null check (length(idempotency_key) between 1 and 255),
    fingerprint       bytea not null,
    lines             jsonb not null,
    expected_amount   bigint not null,
    expected_currency text not null,
    total_amount      bigint,
    total_currency    text,
    card_token        bytea, -- encrypted, and only as long as the order can be charged
    status            text not null,
    reason            text,
    -- Set for good when the order becomes CANCELLING, or when its customer cancels while it needs attention: it can only end CANCELLED.
    given_up_for      text check (given_up_for in ('CUSTOMER', 'PATIENCE')),
    answer_status     int,
    answer_body       bytea,
    lease_token       bigint not null default 1,
    lease_actor       text check (lease_actor in ('REQUEST', 'CUSTOMER', 'RECOVERY', 'OPERATOR')),
    lease_until       timestamptz,
    attempts          int not null default 0,
    due_at            timestamptz not null,
    created_at        timestamptz not null default date_trunc('milliseconds', now()),
    updated_at        timestamptz not null default date_trunc('milliseconds', now()),

    -- What makes a second order under one key impossible, for ever.
    constraint one_order_per_key unique (customer_id, idempotency_key),
    constraint reason_fits_status check (coalesce(reason, '-') = any (case status
        when 'PENDING' then array['AWAITING_STOCK', 'AWAITING_PAYMENT']
        when 'CONFIRMED' then array['-']
        when 'REJECTED' then array['UNKNOWN_PRODUCT', 'OUT_OF_STOCK', 'PRICE_CHANGED']
        when 'DECLINED' then array['CARD_DECLINED', 'INSUFFICIENT_FUNDS']
        when 'CANCELLING' then array['CUSTOMER', 'PATIENCE']
        when 'CANCELLED' then array['CUSTOMER', 'PATIENCE']
        when 'NEEDS_ATTENTION' then array['CONTRADICTION']
        end)),
    constraint final_orders_have_their_answer check (
        (status in ('CONFIRMED', 'REJECTED', 'DECLINED', 'CANCELLED')) = (answer_status is not null and answer_body is not null)),
    constraint card_only_while_it_can_be_charged check (status in ('PENDING', 'NEEDS_ATTENTION') or card_token is null),
    constraint given_up_is_for_good check (
        case when status in ('CANCELLING', 'CANCELLED') then given_up_for is not null and given_up_for = reason
        else given_up_for is null or status = 'NEEDS_ATTENTION' end),
    constraint priced_as_a_whole check ((total_amount is null) = (total_currency is null)),
    constraint confirmed_at_the_agreed_total check (
        status <> 'CONFIRMED' or (total_amount = expected_amount and total_currency = expected_currency))
);

create index orders_due on orders.orders (due_at) where status in ('PENDING', 'CANCELLING');
create index orders_needing_attention on orders.orders (created_at) where status = 'NEEDS_ATTENTION';
create index orders_of_customer on orders.orders (customer_id, id);

create function orders.refuse_impossible_change() returns trigger language plpgsql as $$
begin
    if new.status <> all (case old.status
        when 'PENDING' then array['PENDING', 'CONFIRMED', 'REJECTED', 'DECLINED', 'CANCELLING', 'NEEDS_ATTENTION']
        when 'CANCELLING' then array['CANCELLING', 'CANCELLED', 'NEEDS_ATTENTION']
        when 'NEEDS_ATTENTION' then array['NEEDS_ATTENTION', 'PENDING', 'CANCELLING', 'CONFIRMED']
        else array[]::text[] end)
    then
        raise exception 'order % is % and cannot become %', old.id, old.status, new.status
            using errcode = 'integrity_constraint_violation';
    end if;
    if old.given_up_for is not null and new.given_up_for is distinct from old.given_up_for then
        raise exception 'order % is given up for good', old.id using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create trigger orders_change before update on orders.orders
    for each row execute function orders.refuse_impossible_change();

-- Every change of status or reason, in order; replaying an order's rows gives its current state. Evidence of writes that
-- were turned away stands beside them, and what an operator tried.
create table orders.order_audit (
    seq         bigint generated always as identity primary key,
    order_id    uuid not null references orders.orders,
    at          timestamptz not null default clock_timestamp(),
    event       text not null check (event in ('CHANGED', 'FENCED_OFF', 'CANCEL_WISHED', 'RESOLVING', 'RESOLVE_REFUSED')),
    status      text not null,
    reason      text,
    actor       text not null,
    lease_token bigint not null,
    note        text -- why the order needs attention, and what an operator said to it
);

create index order_audit_of_order on orders.order_audit (order_id, seq);

create function orders.refuse_rewriting_history() returns trigger language plpgsql as $$
begin
    raise exception 'the audit is append-only' using errcode = 'integrity_constraint_violation';
end $$;

create trigger order_audit_append_only before update or delete or truncate on orders.order_audit
    for each statement execute function orders.refuse_rewriting_history();

-- What remains to be done at inventory for an order whose fate is decided. Not due before the lease of whoever took it has run out.
create table orders.settlement (
    order_id   uuid primary key references orders.orders,
    settlement text not null check (settlement in ('COMMIT', 'RELEASE')),
    -- Whether the order's own request has ended it: then the first try is a part of that checkout, and not recovery.
    of_request boolean not null,
    attempts   int not null default 0,
    due_at     timestamptz not null default now(),
    created_at timestamptz not null default now()
);

create index settlement_due on orders.settlement (due_at);

-- db-scheduler's own table.
create table orders.scheduled_tasks (
    task_name            text not null,
    task_instance        text not null,
    task_data            bytea,
    execution_time       timestamptz not null,
    picked               boolean not null,
    picked_by            text,
    last_success         timestamptz,
    last_failure         timestamptz,
    consecutive_failures int,
    last_heartbeat       timestamptz,
    version              bigint not null,
    priority             smallint,
    primary key (task_name, task_instance)
);

create index scheduled_tasks_execution_time on orders.scheduled_tasks (execution_time);
create index scheduled_tasks_last_heartbeat on orders.scheduled_tasks (last_heartbeat);
