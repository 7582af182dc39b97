# Functions for the scripts of the story tests. Everything but `sign` and `boot` is the work of standard tools.
# set here, used by the scripts of the tests; `$!` is known when the trap is set
# shellcheck disable=SC2034,SC2064,SC2100

CERTIFICATE=guest/guest-encrypt.crt
GUEST_KEY=guest/guest-key.pem
PASSPHRASE=contract-signer/passphrase
SIGNING_KEY=contract-signer/signing-key.pem
PUBLIC_KEY=contract-signer/signing-key.pub.pem
TRUST="--allowed-signers contract-signer/allowed_signers"
SIGNER="--key $SIGNING_KEY --passphrase-file $PASSPHRASE $TRUST"

# sign ARGS…: both handoffs into user data, with our signer
sign() {
    contract-signer sign --workload workload.handoff --env env.handoff $SIGNER "$@"
}

# sign_tokens ARGS…: both bare tokens into user data, with our signer
sign_tokens() {
    contract-signer sign --workload workload.token --env env.token --danger-accept-unsigned-tokens $SIGNER "$@"
}

# boot ARGS…: the user data in the rehearsed guest
boot() {
    guest-rehearsal boot user-data --guest-key "$GUEST_KEY" "$@"
}

# documented_token SECTION PASSWORD-FILE: a token as the documented shell procedure makes it, whatever the password
documented_token() {
    printf 'hyper-protect-basic.%s.%s' \
        "$(openssl pkeyutl -encrypt -certin -inkey "$CERTIFICATE" -in "$2" | base64 -w0)" \
        "$(openssl enc -aes-256-cbc -pbkdf2 -pass stdin -in "$1" < "$2" 2>/dev/null | base64 -w0)"
}

# open_token TOKEN: the section, by the openssl command alone
open_token() {
    cut -d. -f2 < "$1" | base64 -d | openssl pkeyutl -decrypt -inkey "$GUEST_KEY" -out tmp/password
    cut -d. -f3 < "$1" | tr -d '\n' | base64 -d > tmp/ciphertext
    openssl enc -d -aes-256-cbc -pbkdf2 -pass file:tmp/password -in tmp/ciphertext
    rm tmp/password tmp/ciphertext
}

# documented_contract WORKLOAD ENV: user data from two files that hold a token or a plain section's value on one line
documented_contract() {
    local workload env
    workload=$(cat "$1")
    env=$(cat "$2")
    printf '%s%s' "$workload" "$env" > tmp/signed
    openssl dgst -sha256 -sign "$SIGNING_KEY" -passin "file:$PASSPHRASE" -out tmp/signature tmp/signed
    printf 'workload: %s\nenv: %s\nenvWorkloadSignature: %s\n' "$workload" "$env" "$(base64 -w0 tmp/signature)"
    rm tmp/signed tmp/signature
}

# value KEY FILE: a value of user data that stands on one line
value() {
    sed -n "s/^$1: //p" "$2"
}

# network_config SED-SCRIPT: a sound one, changed
network_config() {
    printf '%s\n' network: '  version: 2' '  ethernets:' '    enc8:' '      dhcp4: false' \
        '      addresses: [192.0.2.21/24]' '      gateway4: 192.0.2.1' '      nameservers: {addresses: [192.0.2.53]}' |
        sed "$1" > network-config
}

# make_with_network_config ARGS…: a medium with it
make_with_network_config() {
    env-deployer boot-media user-data --hostname paynow --signing-key "$PUBLIC_KEY" --network-config network-config "$@"
}

# flip PART FILE: the middle base64 character of a token's part becomes another one
flip() {
    awk -F. -v OFS=. -v part="$1" '{
        at = int(length($part) / 2); was = substr($part, at, 1)
        $part = substr($part, 1, at - 1) (was == "A" ? "B" : "A") substr($part, at + 1); printf "%s", $0
    }' "$2" > tmp/flipped
    ! cmp -s tmp/flipped "$2" && mv tmp/flipped "$2"
}

# edit SED-SCRIPT FILE: fails unless something changed
edit() {
    sed -E "$1" "$2" > tmp/edited
    ! cmp -s tmp/edited "$2" && mv tmp/edited "$2"
}

# fails COMMAND…: the command fails; `! COMMAND` alone would not stop a script if it succeeded
fails() {
    if "$@"; then return 1; fi
}

# unpack HANDOFF: its entries into the folder handoff/
unpack() {
    mkdir -p handoff
    tar xf "$1" -C handoff
}

# repack HANDOFF [ENTRY…]: the named entries of the folder handoff/, or the usual three, become the handoff; the folder goes
repack() {
    local handoff=$1
    shift
    [ $# -gt 0 ] || set -- token statement.json statement.json.sig
    tar cf "$handoff" --hard-dereference -C handoff "$@"
    rm -r handoff
}

# vouch workload|env [KEY]: that section's author, or whoever has the key, signs handoff/statement.json
vouch() {
    local key=workload-provider/id_ed25519
    [ "$1" = workload ] || key=env-deployer/id_ed25519
    rm -f handoff/statement.json.sig
    ssh-keygen -q -Y sign -n "hpcr-$1" -f "${2-$key}" handoff/statement.json
}

# revouch HANDOFF: what was unpacked and changed becomes a handoff again, signed anew by its author
revouch() {
    case $1 in *env*) vouch env ;; *) vouch workload ;; esac && repack "$1"
}

# restate SED-SCRIPT HANDOFF: its author states something else
restate() {
    unpack "$2" && edit "$1" handoff/statement.json && revouch "$2"
}

# dated_certificate OUT START END [KEY]: self-signed, with free dates (`openssl x509` of 3.0 can't set them)
dated_certificate() {
    mkdir -p tmp/ca && : > tmp/ca/index && echo 01 > tmp/ca/serial
    printf '[ca]\ndefault_ca=c\n[c]\ndatabase=tmp/ca/index\nserial=tmp/ca/serial\nnew_certs_dir=tmp/ca\n%s\n%s\n' \
        'default_md=sha256' 'policy=p' > tmp/ca/config
    printf '[p]\ncommonName=supplied\n' >> tmp/ca/config
    openssl req -new -key "${4-$GUEST_KEY}" -subj "/CN=dated guest" -out tmp/ca/request
    openssl ca -config tmp/ca/config -batch -notext -selfsign -keyfile "${4-$GUEST_KEY}" -in tmp/ca/request \
        -startdate "$2" -enddate "$3" -out "$1" 2>/dev/null
    rm -r tmp/ca
}

# stand_in OUT NAME [KEY]: a self-signed encryption certificate of a new key, which `openssl req -x509` would make an authority's
stand_in() {
    openssl req -x509 -newkey rsa:4096 -nodes -keyout "${3-tmp/stand-in.key}" -out "$1" -days 30 -subj "/CN=$2" \
        -config <(printf '[req]\ndistinguished_name=d\n[d]\n')
}

# deliver ARCHIVE KIND: signed user data whose workload holds the archive under KIND (play or compose)
deliver() {
    {
        printf 'type: workload\n%s:\n  archive: ' "$2"
        base64 -w0 "$1"
        printf '\nvolumes:\n  data:\n    seed: "0123456789abcdef"\n'
    } > tmp/section
    printf ABCDEFGHIJKLMNOPQRSTUVWXYZ012345 > tmp/password
    documented_token tmp/section tmp/password > workload.token
    documented_contract workload.token env.token > user-data
    rm tmp/section tmp/password
}

# vault: the workload provider has an identity, and a vault with a seed for `data`
vault() {
    age-keygen -o workload-provider/identity.age 2>/dev/null
    workload-provider seed add data -C workload-provider
}

# seed VERB ARGS…: of the workload provider
seed() {
    workload-provider seed "$@" -C workload-provider
}

# recipients NAME…: those that the workload provider's persona.yaml names, instead of any before
recipients() {
    edit '/^seeds:/d' workload-provider/persona.yaml || true
    printf 'seeds: {recipients: [%s]}\n' "$(IFS=,; echo "$*")" >> workload-provider/persona.yaml
}

# recipient IDENTITY: of an identity file
recipient() {
    age-keygen -y "$1"
}

# as_nobody COMMAND…: without root's power to read and write everything
as_nobody() {
    if [ "$(id -u)" = 0 ]; then TMPDIR=/tmp setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; else "$@"; fi
}

# loopback: an address of this script's own, so that port 6514 is free
loopback() {
    echo "127.88.$(($$ / 250 % 250)).$(($$ % 250 + 1))"
}

# log_server FOLDER: rsyslog with the folder's ca.crt, server.crt and server-key.pem, for guest.paynow.example alone, on
# port 6514 of `loopback`; what it receives stands in FOLDER/received. It ends with the script. GnuTLS, since the OpenSSL
# driver of rsyslog 8.2302 was seen to take lines of a client that `permittedPeer` does not name.
log_server() {
    local folder=$1 tls=defaultNetstreamDriver
    {
        echo "global(workDirectory=\"$folder\" $tls=\"gtls\" ${tls}CAFile=\"$folder/ca.crt\""
        echo "${tls}CertFile=\"$folder/server.crt\" ${tls}KeyFile=\"$folder/server-key.pem\")"
        echo 'module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="x509/name"'
        echo 'permittedPeer=["guest.paynow.example"])'
        echo "input(type=\"imtcp\" address=\"$(loopback)\" port=\"6514\")"
        echo 'template(name="raw" type="string" string="%rawmsg%\n")'
        echo "action(type=\"omfile\" file=\"$folder/received\" template=\"raw\")"
    } > "$folder/log-server.conf"
    /usr/sbin/rsyslogd -n -f "$folder/log-server.conf" -i "$folder/log-server.pid" > "$folder/log-server.out" 2>&1 &
    trap "kill $!" EXIT
    local tries=100
    until (: < "/dev/tcp/$(loopback)/6514") 2> /dev/null; do
        ((tries--)) || { cat "$folder/log-server.out" >&2; return 1; }
        sleep 0.1
    done
}

# plain_contract HOSTNAME CA CERTIFICATE KEY: user data whose env section, in plain text, has this `logging.syslog`
plain_contract() {
    printf 'workload: |\n  type: workload\n  play:\n    resources: []\n'
    printf 'env: |\n  type: env\n  logging:\n    syslog:\n      hostname: %s\n      port: 6514\n' "$1"
    local field
    for field in server cert key; do
        shift
        printf '      %s: |\n' $field
        sed 's/^/        /' "$1"
    done
}
