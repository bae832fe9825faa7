//! The store, from outside. What every database must do is in functions that take an open store, so that another
//! database can go through the same; what only SQLite does is in `opening` and `crashes`.

#![expect(clippy::unwrap_used, reason = "clippy allows it in tests, but not in their helpers")]

#[path = "store/abandon.rs"]
mod abandon;
#[path = "store/backup.rs"]
mod backup;
#[path = "store/claims.rs"]
mod claims;
#[path = "store/crashes.rs"]
mod crashes;
#[path = "store/faults.rs"]
mod faults;
#[path = "store/fixtures.rs"]
mod fixtures;
#[path = "store/heard.rs"]
mod heard;
#[path = "store/imports.rs"]
mod imports;
#[path = "store/opening.rs"]
mod opening;
#[path = "store/previews.rs"]
mod previews;
#[path = "store/records.rs"]
mod records;
#[path = "store/results_file.rs"]
mod results_file;
#[path = "store/rows.rs"]
mod rows;
#[path = "support/small_disk.rs"]
mod small_disk;

macro_rules! exercise {
    ($($module:ident::$case:ident,)+) => {
        $(
            #[tokio::test]
            async fn $case() {
                let room = fixtures::Room::new();
                let (store, _) = room.open();
                $module::$case(store).await;
                fixtures::counts_are_true(&room);
            }
        )+

        #[tokio::test]
        async fn the_same_in_memory() {
            $(
                let (store, _) = fixtures::open("sqlite::memory:").unwrap();
                $module::$case(store).await;
            )+
        }
    };
}

exercise! {
    rows::a_lead_comes_back_as_it_was_made,
    rows::leads_are_shown_in_the_order_of_creation,
    rows::a_lead_needs_a_dial_list,
    rows::a_change_leaves_what_the_dialer_keeps,
    rows::a_deleted_lead_is_neither_shown_nor_claimed,
    rows::leads_are_counted_by_how_they_stand,
    rows::a_request_that_fails_spoils_no_other,
    claims::fresh_leads_come_first_in_the_order_of_creation,
    claims::a_claim_is_marked_in_its_lead,
    claims::the_lowest_number_with_tries_left_is_dialed,
    claims::a_retry_waits_until_it_is_due,
    claims::no_lead_is_claimed_twice_by_eight_at_a_time,
    claims::a_lead_without_numbers_left_is_put_aside_until_limits_grow,
    claims::nobody_waits_for_a_lead_whose_last_try_is_over,
    claims::limits_that_shrink_or_stay_bring_nothing_back,
    claims::another_number_gives_a_lead_another_chance,
    claims::a_lead_that_only_wider_limits_allow_is_left_to_them,
    claims::those_who_wait_for_leads_are_told_of_new_ones,
    imports::imported_leads_are_as_the_file_had_them,
    imports::a_chunk_is_taken_in_all_or_not_at_all_and_spoils_no_other,
    imports::a_chunk_that_is_not_the_next_one_is_refused,
    imports::imported_leads_are_claimed_in_their_order_and_those_who_wait_are_told,
    records::an_end_frees_its_lead_and_leaves_one_result,
    records::an_answered_lead_is_done,
    records::an_end_that_does_not_count_leaves_the_tries,
    records::a_second_end_changes_nothing,
    records::a_released_claim_does_not_count,
    records::a_deleted_lead_keeps_its_claim_until_the_result,
    previews::a_reserved_lead_is_nobody_elses_and_is_dialed_once_it_is_accepted,
    previews::a_returned_lead_waits_and_no_try_is_counted,
    previews::a_released_reservation_keeps_its_place,
    previews::a_reserved_lead_is_neither_available_nor_being_dialed,
}
