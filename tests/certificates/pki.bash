# A PKI in the shape of IBM's (contract-format, section 9), made by `openssl` alone: an encryption certificate with neither
# KeyUsage nor BasicConstraints, an intermediate that is for code signing alone and no authority itself, an authority that
# may have none below it, a root.
# set here, used by the scripts of the tests; `$!` is known when the trap is set
# shellcheck disable=SC2034,SC2064

# new_key NAME [BITS]
new_key() { openssl genrsa -out "$1.key" "${2:-2048}" 2> /dev/null; }

# issue NAME ISSUER KIND COMMON-NAME: a certificate for NAME.key (NAME up to a `+`); FROM, TO and MD change it
issue() {
    local how=(-cert "$2.crt" -keyfile "$2.key")
    [ "$1" != "$2" ] || how=(-selfsign -keyfile "$1.key")
    mkdir -p ca.new
    [ -e ca.index ] || : > ca.index
    openssl req -new -key "${1%%+*}.key" -subj "/C=US/O=Story tests/CN=$4" -out request
    openssl ca -batch -notext -config <(pki_configuration) -extensions "$3" "${how[@]}" -md "${MD:-sha512}" \
        -startdate "${FROM:-20260101000000Z}" -enddate "${TO:-20951231235959Z}" -in request -out "$1.crt" 2> ca.log ||
        { cat ca.log >&2; return 1; }
}

# revocations ISSUER NAME [CERTIFICATE…]: a list that names these; FROM, TO, MD, REASON and EXTENSIONS change it
revocations() {
    local issuer=$1 list=$2 certificate
    shift 2
    : > revoked.index
    for certificate; do
        INDEX=revoked.index openssl ca -config <(INDEX=revoked.index pki_configuration) -cert "$issuer.crt" \
            -keyfile "$issuer.key" -revoke "$certificate.crt" ${REASON:+-crl_reason "$REASON"} 2> ca.log || { cat ca.log >&2; return 1; }
    done
    openssl ca -config <(INDEX=revoked.index pki_configuration) -gencrl -cert "$issuer.crt" -keyfile "$issuer.key" \
        -md "${MD:-sha512}" -crl_lastupdate "${FROM:-20260101000000Z}" -crl_nextupdate "${TO:-20951231235959Z}" \
        ${EXTENSIONS:+-crlexts "$EXTENSIONS"} -out "$list" 2> ca.log || { cat ca.log >&2; return 1; }
}

pki_configuration() {
    cat << END
[ca]
default_ca = here
[here]
database = ${INDEX:-ca.index}
new_certs_dir = ca.new
rand_serial = yes
default_md = sha512
policy = any
unique_subject = no
[any]
countryName = optional
organizationName = optional
commonName = optional
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, digitalSignature, keyCertSign, cRLSign
extendedKeyUsage = codeSigning
subjectKeyIdentifier = hash
[signing]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, codeSigning
subjectKeyIdentifier = hash
[encryption]
crlDistributionPoints = URI:https://crl.example.com/encrypt-crl-1
[pointed]
crlDistributionPoints = URI:${POINT:-https://crl.example.com/}
authorityInfoAccess = caIssuers;URI:${POINT:-https://crl.example.com/}
[code_signing]
extendedKeyUsage = codeSigning
[web_server]
extendedKeyUsage = serverAuth
[web_client]
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = clientAuth
[signs_alone]
keyUsage = critical, digitalSignature
[certifier]
keyUsage = keyCertSign
[lister]
keyUsage = critical, digitalSignature, cRLSign
[sloppy_authority]
basicConstraints = DER:30:03:01:01:01
[number_for_authority]
basicConstraints = DER:30:03:02:01:00
[plainly_no_authority]
basicConstraints = DER:30:03:01:01:00
[harmless]
1.3.6.1.4.1.2.99 = ASN1:NULL
[no_authority]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
[server]
subjectAltName = DNS:localhost
[other_server]
subjectAltName = DNS:elsewhere.example
[delta]
2.5.29.27 = critical, ASN1:INTEGER:1
[part]
issuingDistributionPoint = critical, @scope
[scope]
onlyuser = TRUE
[authorities]
issuingDistributionPoint = critical, @authorities_only
[authorities_only]
onlyCA = TRUE
[attributes]
issuingDistributionPoint = critical, @attributes_only
[attributes_only]
onlyAA = TRUE
[elsewhere]
issuingDistributionPoint = critical, @another_point
[another_point]
fullname = URI:https://crl.example.com/encrypt-crl-2
[here_alone]
issuingDistributionPoint = critical, @this_point
[this_point]
fullname = URI:https://crl.example.com/encrypt-crl-1
[indirect]
issuingDistributionPoint = critical, @others
[others]
indirectCRL = TRUE
[unknown]
1.3.6.1.4.1.2.99 = critical, ASN1:NULL
END
}

# pki: all that the cases start from
pki() {
    local name
    for name in root ca intermediate encrypt other; do new_key $name; done
    issue root root root 'Story root'
    issue ca root authority 'Story code signing authority'
    issue intermediate ca signing 'Story platform signing service'
    issue encrypt intermediate encryption 'Hyper Protect Container Runtime Contract Encryption'
    revocations root root.crl
    revocations ca ca.crl
    revocations intermediate intermediate.crl
}

CHAIN='--intermediate intermediate.crt --intermediate ca.crt --root root.crt'

# ibm_says: the documented commands, on the files that stand here
ibm_says() {
    local leaf=encrypt.crt tail
    openssl verify -CAfile root.crt -untrusted ca.crt intermediate.crt || return
    openssl x509 -in intermediate.crt -pubkey -noout > ibm.pub || return
    tail=$(openssl asn1parse -in "$leaf" | tail -1 | cut -d : -f 1)
    openssl asn1parse -in "$leaf" -out ibm.signature -strparse "$tail" -noout || return
    openssl asn1parse -in "$leaf" -out ibm.body -strparse 4 -noout || return
    openssl dgst -sha512 -verify ibm.pub -signature ibm.signature ibm.body || return
    [ "$(openssl x509 -in "$leaf" -noout -issuer | cut -d= -f2-)" = \
        "$(openssl x509 -in intermediate.crt -noout -subject | cut -d= -f2-)" ] || return
    # `-checkend` looks at the end alone
    openssl x509 -in "$leaf" -noout -checkend 0 || return
    [ "$(date -d "$(openssl x509 -in "$leaf" -noout -startdate | cut -d= -f2)" +%s)" -le "$(date +%s)" ]
}

ibm_refuses() { ! ibm_says > ibm.log 2>&1; }

# ibm_says_with_lists: the same, and the lists that stand here
ibm_says_with_lists() {
    local serial
    ibm_says || return
    cat ca.crl root.crl > ibm.crl
    openssl verify -crl_check_all -CRLfile ibm.crl -CAfile root.crt -untrusted ca.crt intermediate.crt || return
    # exits with 0 in any case
    openssl crl -in intermediate.crl -noout -CAfile intermediate.crt 2>&1 | grep -q 'verify OK' || return
    [ "$(date -d "$(openssl crl -in intermediate.crl -noout -lastupdate | cut -d= -f2)" +%s)" -le "$(date +%s)" ] || return
    [ "$(date -d "$(openssl crl -in intermediate.crl -noout -nextupdate | cut -d= -f2)" +%s)" -ge "$(date +%s)" ] || return
    serial=$(openssl x509 -in encrypt.crt -noout -serial | cut -d= -f2)
    ! openssl crl -in intermediate.crl -noout -text | grep -q "Serial Number: $serial"
}

# in_pem LABEL: standard input as PEM
in_pem() { printf -- '-----BEGIN %s-----\n%s\n-----END %s-----\n' "$1" "$(base64 -w64)" "$1"; }

# der FILE
der() { openssl x509 -in "$1" -outform DER; }

# server [CERTIFICATE]: HTTPS on a port of localhost, which $PORT then is; ends with the script
server() {
    unset HTTPS_PROXY https_proxy ALL_PROXY all_proxy HTTP_PROXY http_proxy
    python3 "$SERVER" "${1:-server}.crt" server.key . > port 2> server.log &
    trap "kill $!" EXIT
    local tries=100
    until [ -s port ]; do
        ((tries--)) || { cat server.log >&2; return 1; }
        sleep 0.05
    done
    PORT=$(cat port)
    rm port
}
