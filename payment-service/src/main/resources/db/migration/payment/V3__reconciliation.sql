-- The reconciler reads the statement once more from its beginning, under a position of its own: only so is it known what the
-- statement has shown. A version before this one goes on with "cursor" while both run.
alter table payments.reconciliation
    add column read_to text,          -- where reading the statement goes on; null at its beginning
    add column walked_at timestamptz, -- when its end was last reached
    add column swept_movement text,   -- how far the ledger is compared with it; null at the beginning
    add column swept_order uuid;      -- how far the payments are compared with the ledger

-- What the acquirer's statement has shown: a posting that is not here is one that the statement lacks.
create table payments.statement_movement (
    movement_id text primary key,
    shown_at    timestamptz not null default now()
);

create trigger append_only before update or delete or truncate on payments.statement_movement
    for each statement execute function payments.refuse_change();

-- What reconciliation cannot explain: a row when it is found, and the time at which a later look found it gone.
create table payments.discrepancy (
    id          bigint generated always as identity primary key,
    acquirer    text not null,
    kind        text not null check (kind in ('UNREADABLE_MOVEMENT', 'UNKNOWN_CURSOR', 'POSTING_DIFFERS',
        'POSTING_NOT_ON_STATEMENT', 'MONEY_WITHOUT_PAYMENT', 'CAPTURE_STANDING', 'RETURNED_TOO_MUCH', 'AMOUNT_DIFFERS',
        'UNRECONCILED')),
    about       text not null, -- a movement, an order, a cursor or a line: one row for each while it is open
    movement_id text,
    order_id    uuid,
    detail      text not null,
    found_at    timestamptz not null default now(),
    cleared_at  timestamptz
);

create unique index discrepancy_open on payments.discrepancy (acquirer, kind, about) where cleared_at is null;
create index discrepancy_open_movement on payments.discrepancy (movement_id) where cleared_at is null;
create index discrepancy_open_order on payments.discrepancy (order_id) where cleared_at is null;

create trigger kept before delete or truncate on payments.discrepancy
    for each statement execute function payments.refuse_change();
create trigger only_cleared before update on payments.discrepancy
    for each row when (old.cleared_at is not null
        or (old.acquirer, old.kind, old.about, old.movement_id, old.order_id, old.detail, old.found_at)
            is distinct from (new.acquirer, new.kind, new.about, new.movement_id, new.order_id, new.detail, new.found_at))
    execute function payments.refuse_change();
