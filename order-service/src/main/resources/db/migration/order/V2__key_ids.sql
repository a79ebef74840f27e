-- The key of the ring that the fingerprint and the card token are under. Null: written before keys had ids, under any key of the ring.
alter table orders.orders add column key_id text check (key_id ~ '^[0-9a-f]{8}$');

-- A process that lacks one of these keys does not start: it would take orders for broken, and repeats of a key for another checkout.
create table orders.key_in_use (
    key_id        text primary key,
    first_used_at timestamptz not null default now()
);
