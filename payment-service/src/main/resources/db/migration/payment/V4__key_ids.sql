-- The key of the ring that fingerprint and token are under. Null: a void without a charge, or written before keys had ids, under any key of the ring.
alter table payments.payment add column key_id text check (key_id ~ '^[0-9a-f]{8}$');

-- A process that lacks one of these keys does not start: it would take a repeated charge for another one.
create table payments.key_in_use (
    key_id        text primary key,
    first_used_at timestamptz not null default now()
);
