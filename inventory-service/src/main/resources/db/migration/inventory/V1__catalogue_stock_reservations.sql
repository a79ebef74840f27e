create table inventory.product (
    sku            text primary key,
    name           text not null,
    description    text not null,
    price_amount   bigint not null check (price_amount > 0),
    price_currency text not null check (price_currency ~ '^[A-Z]{3}$')
);

-- Apart from the product, because every order writes here and every visitor reads there.
create table inventory.stock (
    sku       text primary key references inventory.product,
    initial   int not null check (initial >= 0),
    available int not null check (available >= 0),
    held      int not null default 0 check (held >= 0),
    sold      int not null default 0 check (sold >= 0),
    constraint pieces_never_vanish check (initial = available + held + sold)
) with (fillfactor = 50);

create table inventory.reservation (
    order_id   uuid primary key,
    state      text not null check (state in ('HELD', 'REFUSED', 'COMMITTED', 'RELEASED', 'WITHDRAWN')),
    requested  jsonb not null,
    held       jsonb not null,
    refusal    text check (refusal in ('UNKNOWN_PRODUCT', 'OUT_OF_STOCK')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint refused_with_a_reason check ((state = 'REFUSED') = (refusal is not null)),
    constraint lines_only_if_held check ((state in ('HELD', 'COMMITTED', 'RELEASED')) = (held <> '[]'))
);

-- For the report on those that are held too long.
create index reservations_held on inventory.reservation (created_at) where state = 'HELD';

-- db-scheduler's own table.
create table inventory.scheduled_tasks (
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

create index scheduled_tasks_execution_time on inventory.scheduled_tasks (execution_time);
create index scheduled_tasks_last_heartbeat on inventory.scheduled_tasks (last_heartbeat);
