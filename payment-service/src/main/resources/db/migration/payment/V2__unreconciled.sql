-- UNRECONCILED: the movements under the order's reference add up to neither nothing nor the amount. It is looked up again until they do,
-- so it has a due time. A payment whose void was decided keeps that decision meanwhile.
alter table payments.payment
    add column void_wanted boolean not null default false,
    drop constraint payment_state_check,
    add constraint payment_state_check check (
        state in ('PENDING', 'CAPTURED', 'DECLINED', 'VOIDING', 'VOIDED', 'REFUNDED', 'UNRECONCILED')),
    drop constraint charged_before_an_outcome,
    add constraint charged_before_an_outcome check (
        amount is not null or state in ('VOIDING', 'VOIDED', 'REFUNDED', 'UNRECONCILED')),
    drop constraint due_until_final,
    add constraint due_until_final check ((state in ('PENDING', 'VOIDING', 'UNRECONCILED')) = (due_at is not null)),
    -- The database's clock may be set back: then a later send bears an earlier time. This was last_sent_at >= first_sent_at.
    drop constraint payment_check;

update payments.payment set void_wanted = true where state = 'VOIDING';

alter table payments.payment
    add constraint not_captured_once_voided check (state <> 'CAPTURED' or not void_wanted);

alter table payments.payment_event
    drop constraint possible_transition,
    add constraint possible_transition check (
        case when from_state is null then to_state in ('PENDING', 'VOIDING')
        else from_state || ' to ' || to_state in (
            'PENDING to CAPTURED', 'PENDING to DECLINED', 'PENDING to VOIDING', 'PENDING to VOIDED', 'PENDING to REFUNDED',
            'PENDING to UNRECONCILED', 'CAPTURED to VOIDING', 'VOIDING to VOIDED', 'VOIDING to REFUNDED', 'VOIDING to UNRECONCILED',
            'UNRECONCILED to CAPTURED', 'UNRECONCILED to VOIDING', 'UNRECONCILED to VOIDED', 'UNRECONCILED to REFUNDED') end);
