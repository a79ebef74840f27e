create table payments.payment (
    order_id       uuid primary key,
    state          text not null check (state in ('PENDING', 'CAPTURED', 'DECLINED', 'VOIDING', 'VOIDED', 'REFUNDED')),
    acquirer       text not null,
    acquirer_key   text not null,
    amount         bigint check (amount > 0),
    currency       text check (currency ~ '^[A-Z]{3}$'),
    fingerprint    bytea,       -- HMAC of the card token: a repeat is told from a contradiction when the token is gone
    token          bytea,       -- encrypted, and only while a capture may have to be asked for
    decline_reason text check (decline_reason in ('CARD_DECLINED', 'INSUFFICIENT_FUNDS')),
    first_sent_at  timestamptz,
    last_sent_at   timestamptz check (last_sent_at >= first_sent_at),
    attempt        bigint not null, -- fencing token: whoever takes the payment over raises it
    due_at         timestamptz,     -- until then somebody holds the payment, or it rests
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now(),
    constraint charged_whole_or_not_at_all check (num_nulls(amount, currency, fingerprint) in (0, 3)),
    constraint charged_before_an_outcome check (amount is not null or state in ('VOIDING', 'VOIDED', 'REFUNDED')),
    constraint declined_with_a_reason check ((state = 'DECLINED') = (decline_reason is not null)),
    constraint token_only_while_needed check ((state = 'PENDING') = (token is not null)),
    constraint due_until_final check ((state in ('PENDING', 'VOIDING')) = (due_at is not null)),
    constraint sent_first_and_last check (num_nulls(first_sent_at, last_sent_at) in (0, 2))
);

create index payment_due on payments.payment (due_at) where due_at is not null;

-- What happened to each payment, in the transaction in which it happened; the last line of an order is its state.
create table payments.payment_event (
    order_id       uuid not null,
    id             bigint generated always as identity,
    from_state     text,
    to_state       text not null,
    decline_reason text,
    attempt        bigint not null,
    at             timestamptz not null default now(),
    primary key (order_id, id),
    -- An update that cannot be recorded cannot happen: these are all the ways from state to state.
    constraint possible_transition check (
        case when from_state is null then to_state in ('PENDING', 'VOIDING')
        else from_state || ' to ' || to_state in (
            'PENDING to CAPTURED', 'PENDING to DECLINED', 'PENDING to VOIDING', 'PENDING to VOIDED', 'PENDING to REFUNDED',
            'CAPTURED to VOIDING', 'VOIDING to VOIDED', 'VOIDING to REFUNDED') end)
);

create function payments.record_event() returns trigger language plpgsql as $$
begin
    insert into payments.payment_event (order_id, from_state, to_state, decline_reason, attempt)
    values (new.order_id, case when tg_op = 'UPDATE' then old.state end, new.state, new.decline_reason, new.attempt);
    return null;
end $$;

create trigger record_first_state after insert on payments.payment
    for each row execute function payments.record_event();
create trigger record_state_change after update on payments.payment
    for each row when (old.state is distinct from new.state) execute function payments.record_event();

-- One posting for each movement of money on the acquirer's record, whoever hears of it and however often.
create table payments.ledger_posting (
    movement_id text primary key,
    order_id    uuid not null,
    kind        text not null check (kind in ('CAPTURE', 'VOID', 'REFUND', 'CHARGEBACK')),
    amount      bigint not null check (amount > 0),
    currency    text not null check (currency ~ '^[A-Z]{3}$'),
    occurred_at timestamptz not null, -- by the acquirer's clock
    booked_at   timestamptz not null default now()
);

create index ledger_posting_order on payments.ledger_posting (order_id);

create table payments.ledger_entry (
    movement_id text not null references payments.ledger_posting,
    account     text not null check (account in ('ACQUIRER', 'SALES', 'REFUNDS', 'CHARGEBACKS')),
    amount      bigint not null check (amount <> 0), -- debit positive, credit negative
    currency    text not null check (currency ~ '^[A-Z]{3}$'),
    primary key (movement_id, account)
);

-- Deferred, because a posting is complete only at the end of its transaction.
create function payments.require_balance() returns trigger language plpgsql as $$
begin
    if not exists (select from payments.ledger_entry where movement_id = new.movement_id)
        or exists (
            select from payments.ledger_entry where movement_id = new.movement_id
            group by currency having sum(amount) <> 0)
    then
        raise exception 'posting % does not sum to zero', new.movement_id using errcode = 'check_violation';
    end if;
    return null;
end $$;

create constraint trigger posting_balances after insert on payments.ledger_posting
    deferrable initially deferred for each row execute function payments.require_balance();
create constraint trigger entry_balances after insert on payments.ledger_entry
    deferrable initially deferred for each row execute function payments.require_balance();

create function payments.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;

create trigger append_only before update or delete or truncate on payments.payment_event
    for each statement execute function payments.refuse_change();
create trigger append_only before update or delete or truncate on payments.ledger_posting
    for each statement execute function payments.refuse_change();
create trigger append_only before update or delete or truncate on payments.ledger_entry
    for each statement execute function payments.refuse_change();

-- How far each acquirer's statement has been compared with the ledger.
create table payments.reconciliation (
    acquirer    text primary key,
    cursor      text,
    differences bigint not null, -- movements that only the statement knew
    updated_at  timestamptz not null default now()
);

-- db-scheduler's own, https://github.com/kagkarlsson/db-scheduler
create table payments.scheduled_tasks (
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

create index scheduled_tasks_execution_time on payments.scheduled_tasks (execution_time);
create index scheduled_tasks_last_heartbeat on payments.scheduled_tasks (last_heartbeat);
