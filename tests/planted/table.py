"""The planted bugs: each a patch in this folder, what it does, and the test that catches it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """`patch`: its file without ".patch"; `caught_by`: a pytest node."""

    patch: str
    defect: str
    caught_by: str


BUGS = (
    Planted(
        patch="blind_retry",
        defect="a POST is sent again after its answer was lost",
        caught_by="tests/rest/test_retry.py::test_a_post_without_certain_outcome_is_never_repeated",
    ),
    Planted(
        patch="mark_before_the_last_page",
        defect="the watermark moves before the last page is read",
        caught_by="tests/sync/test_read.py"
        "::test_the_mark_follows_siigos_clock_and_moves_after_the_last_page_alone",
    ),
    Planted(
        patch="lease_by_time_out",
        defect="a lease that somebody holds is taken over by time-out",
        caught_by="tests/store/test_lease.py::test_a_holder_keeps_others_out_and_says_what_to_do",
    ),
    Planted(
        patch="match_by_email_only",
        defect="a shared e-mail makes two customers one",
        caught_by="tests/domain/test_matching.py::test_an_email_of_another_name_is_not_sent_and_merges_nobody",
    ),
    Planted(
        patch="value_recomputed",
        defect="Escala is told to recompute the value from the products",
        caught_by="tests/escala/test_wire.py::test_a_deal_is_sent_as_the_reference_shows_it",
    ),
    Planted(
        patch="value_from_lines",
        defect="the value is summed up from the lines in place of Siigo's total",
        caught_by="tests/domain/test_money.py::test_the_total_is_preserved_to_the_cent",
    ),
    Planted(
        patch="binary_float",
        defect="amounts pass through a binary float",
        caught_by="tests/rest/test_reading.py::test_amounts_are_read_without_loss",
    ),
    Planted(
        patch="page_arithmetic_on_the_asked_size",
        defect="the number of pages is computed from the size that was asked for",
        caught_by="tests/rest/test_paging.py::test_a_list_costs_one_call_a_page_of_the_size_it_really_has",
    ),
    Planted(
        patch="follow_a_foreign_next",
        defect="the link to the next page is followed wherever it leads",
        caught_by="tests/siigo/test_client.py::test_the_next_page_is_asked_for_at_siigos_own_address",
    ),
    Planted(
        patch="redirects_followed",
        defect="redirects are followed, with the key in the headers",
        caught_by="tests/rest/test_retry.py::test_a_redirect_is_not_followed",
    ),
    Planted(
        patch="mark_before_the_write",
        defect="an invoice counts as being in Escala before its opportunity was sent",
        caught_by="tests/sync/test_settle.py"
        "::test_a_deal_found_after_siigo_changed_the_invoice_is_brought_up_to_date",
    ),
    Planted(
        patch="settle_on_an_incomplete_read",
        defect="a list that was not read to its end proves absence",
        caught_by="tests/sync/test_settle.py"
        "::test_a_read_tells_of_a_write_that_it_began_after_and_reaches_back_to",
    ),
    Planted(
        patch="one_read_proves_absence",
        defect="one read, right after the write, proves absence",
        caught_by="tests/sync/test_settle.py::test_one_read_right_after_a_run_that_ended_proves_nothing",
    ),
    Planted(
        patch="credit_note_counted_twice",
        defect="a credit note that is read again counts again",
        caught_by="tests/sync/test_read.py"
        "::test_a_credit_note_that_changes_its_value_counts_with_the_last_one",
    ),
    Planted(
        patch="credit_note_read_and_forgotten",
        defect="a credit note read by a run that breaks off is never taken into account",
        caught_by="tests/sync/test_changed_in_siigo.py"
        "::test_a_credit_note_is_not_forgotten_by_a_run_that_ends_before_it_is_decided",
    ),
    Planted(
        patch="day_by_utc",
        defect="the local day of the sweep is UTC's",
        caught_by="tests/sync/test_sweep.py::test_the_local_day_begins_at_midnight_there_and_not_at_utcs",
    ),
    Planted(
        patch="deletion_noticed_and_forgotten",
        defect="a deletion noticed by a run that dies is never carried out",
        caught_by="tests/resilience/test_killed_sweep.py"
        "::test_a_deletion_noticed_by_a_sweep_that_dies_is_carried_out_by_the_next_run",
    ),
    Planted(
        patch="annulment_noticed_and_forgotten",
        defect="an annulment that no list shows, noticed by a run that dies, is never carried out",
        caught_by="tests/resilience/test_killed_sweep.py::test_so_is_an_annulment_that_no_list_shows",
    ),
    Planted(
        patch="deleted_deal_made_again",
        defect="an opportunity that a person deleted is made again",
        caught_by="tests/sync/test_later_changes.py"
        "::test_a_deal_deleted_by_a_person_is_excluded_and_never_made_again",
    ),
    Planted(
        patch="name_as_part_of_a_name",
        defect="FV-2-104 is found in the name of FV-2-1045",
        caught_by="tests/domain/mapping/test_invoice_to_deal.py::test_parts_of_words_do_not",
    ),
    Planted(
        patch="second_invoice_after_a_lost_answer",
        defect="an invoice whose answer was lost is made anew with another key",
        caught_by="tests/sync/two/test_lost_answers.py::test_one_run_settles_what_became_of_a_write",
    ),
    Planted(
        patch="sent_again_and_given_no_time",
        defect="an invoice that is sent again counts as absent by the settle time of its first sending",
        caught_by="tests/sync/two/test_lost_answers.py"
        "::test_three_lost_answers_and_a_list_that_lags_make_no_second_invoice",
    ),
    Planted(
        patch="tax_in_the_price_twice",
        defect="a price with taxes is sent as one before them",
        caught_by="tests/domain/mapping/test_deal_to_invoice.py"
        "::test_a_price_with_taxes_gives_the_base_that_siigo_works_out",
    ),
    Planted(
        patch="payment_off_by_a_cent",
        defect="taxes are rounded once for the document and not line by line",
        caught_by="tests/domain/mapping/test_deal_to_invoice.py"
        "::test_two_thousand_random_deals_a_seed_come_out_to_the_cent",
    ),
    Planted(
        patch="wrong_customer_by_name",
        defect="a contact without identification is the customer of the same name",
        caught_by="tests/sync/two/test_customers.py::test_a_name_alone_is_nobody",
    ),
    Planted(
        patch="loop_of_both_directions",
        defect="an invoice made of an opportunity makes another opportunity",
        caught_by="tests/sync/two/test_both_ways.py"
        "::test_an_invoice_made_of_an_opportunity_makes_no_second_one",
    ),
    Planted(
        patch="one_key_for_every_generation",
        defect="the key of a write does not tell its generation",
        caught_by="tests/domain/mapping/test_deal_to_invoice.py"
        "::test_a_key_fits_what_siigo_takes_and_tells_generations_apart",
    ),
)
