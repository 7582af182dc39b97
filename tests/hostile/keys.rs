//! Keys, certificates and passphrases that are not what is due.

use super::cases;

const ENCRYPT: &str = "workload-provider encrypt workload-provider -o new --certificate given.crt";

cases! {
    a_wrong_passphrase {
        given: "echo wrong > given",
        run: "contract-signer sign --workload workload.handoff --env env.handoff $TRUST --key $SIGNING_KEY --passphrase-file given -o new",
        exit: 5, says: "passphrase",
    }
    a_wrong_passphrase_for_an_old_style_key {
        given: "openssl rsa -in $SIGNING_KEY -passin file:$PASSPHRASE -aes128 -traditional -passout pass:other -out old.pem",
        run: "contract-signer sign --workload workload.handoff --env env.handoff $TRUST --key old.pem --passphrase-file $PASSPHRASE -o new",
        exit: 5, says: "passphrase",
    }
    no_passphrase_and_no_terminal {
        given: "",
        run: "setsid -w contract-signer sign --workload workload.handoff --env env.handoff $TRUST --key $SIGNING_KEY -o new",
        exit: 5, says: "--passphrase-file",
    }
    an_empty_passphrase_file {
        given: ": > given",
        run: "contract-signer sign --workload workload.handoff --env env.handoff $TRUST --key $SIGNING_KEY --passphrase-file given -o new",
        exit: 5, says: "passphrase",
    }
    no_passphrase_for_a_new_key {
        given: "",
        run: "setsid -w contract-signer keygen -o new.pem",
        exit: 5, says: "--passphrase-file",
    }
    an_ec_signing_key {
        given: "openssl ecparam -genkey -name prime256v1 -noout -out ec.pem",
        run: "contract-signer sign --workload workload.handoff --env env.handoff $TRUST --key ec.pem -o new",
        exit: 3, says: "RSA",
    }
    an_ec_public_key_as_signing_key {
        given: "openssl ecparam -genkey -name prime256v1 -noout | openssl ec -pubout -out ec.pub.pem",
        run: "env-deployer encrypt env-deployer --signing-key ec.pub.pem -o new",
        exit: 3, says: "RSA",
    }
    a_private_key_as_signing_key {
        given: "openssl genrsa -out private.pem 2048",
        run: "env-deployer encrypt env-deployer --signing-key private.pem -o new",
        exit: 3, says: "private",
    }
    a_certificate_as_private_key {
        given: "",
        run: "contract-signer sign --workload workload.handoff --env env.handoff $TRUST --key $CERTIFICATE -o new",
        exit: 3, says: "guest-encrypt.crt",
    }
    a_signing_key_that_is_cut {
        given: "head -n 10 $SIGNING_KEY > cut.pem",
        run: "contract-signer public-key cut.pem --passphrase-file $PASSPHRASE -o new",
        exit: 3, says: "cut.pem",
    }
    an_ec_certificate {
        given: "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout k -out given.crt -subj /CN=ec",
        run: ENCRYPT,
        exit: 3, says: "RSA",
    }
    a_certificate_of_1024_bits {
        given: "openssl req -x509 -newkey rsa:1024 -nodes -keyout k -out given.crt -subj /CN=small",
        run: ENCRYPT,
        exit: 3, says: "1024",
    }
    a_certificate_that_is_not_yet_valid {
        given: "dated_certificate given.crt 20900101000000Z 20910101000000Z",
        run: ENCRYPT,
        exit: 4, says: "2090-01-01",
    }
    a_certificate_that_expired {
        given: "dated_certificate given.crt 20200101000000Z 20210203000000Z",
        run: ENCRYPT,
        exit: 4, says: "2021-02-03",
    }
    a_certificate_that_is_a_key {
        given: "cp $PUBLIC_KEY given.crt",
        run: ENCRYPT,
        exit: 3, says: "given.crt",
    }
    a_certificate_that_is_a_private_key {
        given: "cp $GUEST_KEY given.crt",
        run: ENCRYPT,
        exit: 3, says: "given.crt",
    }
    a_certificate_that_is_empty {
        given: ": > given.crt",
        run: ENCRYPT,
        exit: 3, says: "given.crt",
    }
    two_signing_keys_in_one_file {
        given: "cat $SIGNING_KEY $SIGNING_KEY > two.pem",
        run: "contract-signer public-key two.pem --passphrase-file $PASSPHRASE",
        exit: 3, says: "2 PEM blocks",
    }
    a_certificate_with_a_damaged_header {
        given: "sed 's/-BEGIN/BEGIN/' $CERTIFICATE > given.crt",
        run: ENCRYPT,
        exit: 3, says: "given.crt",
    }
    a_certificate_with_a_damaged_body {
        given: "sed 3d $CERTIFICATE > given.crt",
        run: ENCRYPT,
        exit: 3, says: "given.crt",
    }
    a_certificate_of_two_gigabytes {
        given: "truncate -s 2G given.crt",
        run: "ulimit -v 1000000; workload-provider encrypt workload-provider -o new --certificate given.crt",
        exit: 3, says: "given.crt",
    }
    an_ec_key_to_verify_with {
        given: "openssl ecparam -genkey -name prime256v1 -noout | openssl ec -pubout -out ec.pub.pem",
        run: "contract-signer verify user-data --signing-key ec.pub.pem",
        exit: 3, says: "RSA",
    }
    an_expired_certificate_to_make_a_medium_with {
        given: "dated_certificate old.crt 20200101000000Z 20210203000000Z; SIGNING_KEY=$GUEST_KEY
                documented_contract workload.token env.token > user-data",
        run: "env-deployer boot-media user-data --hostname paynow --signing-key old.crt",
        exit: 4, says: "2021-02-03",
    }
    a_certificate_of_the_future_to_make_a_medium_with {
        given: "dated_certificate new.crt 20900101000000Z 20910101000000Z; SIGNING_KEY=$GUEST_KEY
                documented_contract workload.token env.token > user-data",
        run: "env-deployer boot-media user-data --hostname paynow --signing-key new.crt",
        exit: 4, says: "2090-01-01",
    }
    an_expired_certificate_to_verify_with {
        given: "dated_certificate old.crt 20200101000000Z 20210203000000Z; SIGNING_KEY=$GUEST_KEY
                documented_contract workload.token env.token > user-data",
        run: "contract-signer verify user-data --signing-key old.crt",
        exit: 4, says: "2021-02-03",
    }
}
