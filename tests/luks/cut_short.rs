//! Boots that are killed, or that meet another one on the same disk.

use story_tests::Story;

use super::does;

/// Killed anywhere between the first look and the end, the disk opens with one of both, and the next boot succeeds.
#[test]
fn a_change_that_is_killed_locks_nobody_out() {
    let story = Story::signed();
    let output = does(
        &story,
        r#"boot --luks disk >/dev/null
           seeds env $ENV $NEW_ENV; contract; mv user-data forth
           seeds env $NEW_ENV $ENV; contract; mv user-data back
           old=$(passphrase $ENV $WORKLOAD) new=$(passphrase $NEW_ENV $WORKLOAD)
           volume_key "$old" > key
           now() { date +%s%3N; }
           start=$(now); guest-rehearsal boot forth --guest-key "$GUEST_KEY" >/dev/null; without=$(($(now) - start))
           start=$(now); guest-rehearsal boot back --guest-key "$GUEST_KEY" --luks disk >/dev/null
           with=$(($(now) - start))
           user_data=forth between=0
           for run in {1..20}; do
               passphrases=$old; old=$new; new=$passphrases
               set -m
               guest-rehearsal boot $user_data --guest-key "$GUEST_KEY" --luks disk >/dev/null 2>&1 &
               set +m
               after=$((without * 3 / 4 + RANDOM % (with - without * 3 / 4 + 1)))
               sleep "$((after / 1000)).$(printf %03d $((after % 1000)))"
               kill -KILL -- "-$!" 2>/dev/null || true
               wait $! 2>/dev/null || true
               if opens "$old"; then
                   if opens "$new"; then between=$((between + 1)); fi
               else
                   opens "$new"
               fi
               guest-rehearsal boot $user_data --guest-key "$GUEST_KEY" --luks disk >/dev/null
               opens "$new"
               fails opens "$old"
               volume_key "$new" | cmp - key
               if [ $user_data = forth ]; then user_data=back; else user_data=forth; fi
           done
           echo "$between of 20 kills left both passphrases""#,
    );
    println!("{output}");
}

#[test]
fn a_format_that_is_killed_leaves_no_half_disk() {
    let story = Story::signed();
    does(
        &story,
        r#"set -m
           for run in {1..6}; do
               boot --luks disk >/dev/null 2>&1 &
               sleep "0.$(printf %03d $((50 + RANDOM % 250)))"
               kill -KILL -- "-$!" 2>/dev/null || true
               wait $! 2>/dev/null || true
               if [ -e disk ]; then opens "$(passphrase $ENV $WORKLOAD)"; rm disk; fi
           done
           boot --luks disk"#,
    );
}

/// Two boots at once, of the same change: `cryptsetup` may stop one of them, and the disk is whole in either case.
#[test]
fn two_boots_at_once_leave_a_disk_that_opens() {
    let story = Story::signed();
    does(
        &story,
        r#"seeds env $NEW_ENV $ENV; mv user-data before; contract
           for run in {1..3}; do
               rm -f disk
               guest-rehearsal boot before --guest-key "$GUEST_KEY" --luks disk
               boot --luks disk & first=$!
               boot --luks disk & second=$!
               wait $first || [ $? = 1 ]
               wait $second || [ $? = 1 ]
               boot --luks disk
               opens "$(passphrase $NEW_ENV $WORKLOAD)"
               fails opens "$(passphrase $ENV $WORKLOAD)"
           done"#,
    );
}
