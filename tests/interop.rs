//! Handoffs between our tools and everybody else's: `ssh-keygen`, `age`, and three kinds of `tar`, in both directions.

use story_tests::Story;

#[test]
fn ssh_keygen_verifies_our_signature() {
    let story = Story::encrypted();
    story.does(
        "for half in workload:alice env:bob; do
             section=${half%:*}; unpack $section.handoff
             ssh-keygen -Y verify -f contract-signer/allowed_signers -I ${half#*:}@example.com -n hpcr-$section \
                 -s handoff/statement.json.sig < handoff/statement.json
             fails ssh-keygen -Y verify -f contract-signer/allowed_signers -I ${half#*:}@example.com -n git \
                 -s handoff/statement.json.sig < handoff/statement.json
             echo >> handoff/statement.json
             fails ssh-keygen -Y verify -f contract-signer/allowed_signers -I ${half#*:}@example.com -n hpcr-$section \
                 -s handoff/statement.json.sig < handoff/statement.json
             rm -r handoff
         done 2>&1",
    );
}

#[test]
fn age_and_tar_open_our_encrypted_handoff() {
    let story = Story::new();
    story.does(
        "for person in signer escrow; do age-keygen -o $person.age 2>/dev/null; done
         workload-provider encrypt workload-provider -r $(age-keygen -y signer.age) -r $(age-keygen -y escrow.age) -o handoff.age --token token
         for person in signer escrow; do
             test \"$(age -d -i $person.age handoff.age | tar t | tr '\\n' ' ')\" = 'token statement.json statement.json.sig '
             age -d -i $person.age handoff.age | tar xO token | cmp - token
         done
         age-keygen -o stranger.age 2>/dev/null
         fails age -d -i stranger.age handoff.age 2>/dev/null",
    );
}

/// The handoff's folder, packed by hand in each of these ways, is taken.
#[test]
fn a_handoff_packed_by_any_tar_is_accepted() {
    let story = Story::encrypted();
    let output = story.does(
        "unpack workload.handoff; files='token statement.json statement.json.sig'
         pack() { echo \"$1\"; shift; rm -f workload.handoff; (cd handoff && \"$@\") && sign -o user-data --force 2>/dev/null; }
         pack gnu tar cf ../workload.handoff $files
         pack ustar tar cf ../workload.handoff --format=ustar $files
         pack v7 tar cf ../workload.handoff --format=v7 $files
         pack blocks tar cf ../workload.handoff -b 64 $files
         pack shuffled tar cf ../workload.handoff statement.json.sig ./token statement.json
         pack owner tar cf ../workload.handoff --owner=alice:4000000000 $files
         for python in GNU USTAR; do
             pack python-$python python3 -c \"import tarfile, sys
with tarfile.open('../workload.handoff', 'w', format=tarfile.${python}_FORMAT) as tar:
    for name in sys.argv[1:]: tar.add(name)\" $files
         done
         if command -v bsdtar >/dev/null; then pack bsdtar bsdtar cf ../workload.handoff $files; fi",
    );
    assert!(output.lines().count() >= 8, "{output}");
}

/// Another tool writes names and numbers in its own way: the key, the dates and the number of the serial say which certificate it is.
#[test]
fn a_certificate_spelt_in_another_way_is_the_same() {
    let story = Story::encrypted();
    story.does(
        r#"unpack env.handoff
           sed -i -E 's/("subject": ").*"/\1CN=encryption certificate, O=rehearsal"/; s/("serial": ")(.*)"/\100\L\2"/' handoff/statement.json
           grep -q '"serial": "00[0-9a-f]' handoff/statement.json
           revouch env.handoff; sign -o user-data"#,
    );
}

/// Two people without our binaries compare the tar: the gzip depends on the library that made it.
#[test]
fn the_statement_states_the_digest_of_the_tar() {
    let story = Story::encrypted();
    story.does(
        r#"workload-provider pack workload-provider/play -o packed.tgz
           unpack workload.handoff
           grep -q "\"sha256\": \"$(sha256sum < packed.tgz | cut -d' ' -f1)\"" handoff/statement.json
           grep -q "\"tarSha256\": \"$(gzip -dc packed.tgz | sha256sum | cut -d' ' -f1)\"" handoff/statement.json
           # as an earlier version wrote it
           sed -i -z -E 's/,\s*"tarSha256": "[0-9a-f]*"//' handoff/statement.json
           fails grep -q tarSha256 handoff/statement.json
           revouch workload.handoff; sign -o user-data"#,
    );
}

/// What leaves the pax header of a default behind says how to pack it anew.
#[test]
fn pythons_default_is_refused_with_a_way_on() {
    let story = Story::encrypted();
    let outcome = story.sh("unpack workload.handoff; cd handoff; python3 -c \"import tarfile
with tarfile.open('../workload.handoff', 'w') as tar:
    for name in 'token', 'statement.json', 'statement.json.sig': tar.add(name)\"
         cd ..; sign -o user-data");
    assert_eq!(outcome.exit, 3, "{outcome:?}");
    assert!(outcome.stderr.contains("`tar --format=ustar -cf"), "{outcome:?}");
}

/// Any key that `ssh-keygen` signs with: the signer trusts it, and takes the handoff put together around it.
#[test]
fn a_handoff_signed_by_ssh_keygen_is_accepted() {
    let story = Story::encrypted();
    let output = story.does(
        r#"trusted() { # KEY.pub
               sed -i /^alice/d contract-signer/allowed_signers
               contract-signer trust add alice@example.com "$1" --workload -C contract-signer >/dev/null 2>&1
           }
           accepted() { repack workload.handoff; sign -o user-data --force 2>&1 | grep -q 'workload: vouched for by alice@example.com'; echo "$1"; }
           for kind in 'ed25519' 'rsa -b 3072' 'ecdsa -b 256' 'ecdsa -b 384' 'ecdsa -b 521'; do
               rm -f k k.pub; ssh-keygen -q -t $kind -N '' -f k; trusted k.pub
               unpack workload.handoff; vouch workload k; accepted "$kind"
           done
           # the private half is with the agent alone
           for kind in ed25519 'rsa -b 3072'; do
               rm -f k k.pub; ssh-keygen -q -t $kind -N '' -f k; trusted k.pub
               unpack workload.handoff
               ssh-agent bash -ec 'ssh-add -q k; mv k tmp/away; rm handoff/statement.json.sig
                   ssh-keygen -q -Y sign -n hpcr-workload -f k.pub handoff/statement.json' >/dev/null 2>&1
               accepted "agent $kind"
           done 2>&1"#,
    );
    assert_eq!(output.lines().count(), 7, "{output}");
}

/// Our own `encrypt` signs with all of them, too.
#[test]
fn encrypt_vouches_with_any_key() {
    let story = Story::encrypted();
    story.does(
        r"for kind in 'rsa -b 3072' 'ecdsa -b 384'; do
               rm -f k k.pub; ssh-keygen -q -t $kind -N '' -f k
               sed -i /^alice/d contract-signer/allowed_signers
               contract-signer trust add alice@example.com k.pub --workload -C contract-signer
               workload-provider encrypt workload-provider --vouch-with k -o workload.handoff --force; sign -o user-data --force
           done
           ssh-agent bash -ec 'ssh-add -q k; mv k tmp/away
               workload-provider encrypt workload-provider --vouch-with k.pub -o workload.handoff --force'
           sign -o user-data --force",
    );
}

#[test]
fn a_handoff_encrypted_by_age_is_accepted() {
    let story = Story::encrypted();
    story.does(
        r"age-keygen -o signer.age 2>/dev/null; age-keygen -o escrow.age 2>/dev/null
           recipient=$(age-keygen -y signer.age)
           mv workload.handoff plain; mv env.handoff plain.env
           age -r $recipient -o workload.handoff plain
           age -a -r $(age-keygen -y escrow.age) -r $recipient -o env.handoff plain.env
           sign --identity escrow.age --identity signer.age -o user-data
           contract-signer inspect env.handoff --identity signer.age $TRUST | grep -q 'encrypted to you'
           boot",
    );
}
