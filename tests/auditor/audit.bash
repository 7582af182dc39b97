# An audit by `openssl` and the shell alone: a record, its signature, a token. Everything lies in the current folder.
# the scripts of the tests call these
# shellcheck disable=SC2120

# line FILE NAME: as the guest writes it
line() { printf '%s %s\n' "$(sha256sum < "$1" | cut -d' ' -f1)" "$2"; }

# guest_signs [RECORD]
guest_signs() { openssl dgst -sha256 -sign attestation.key -out se-signature.bin "${1-se-checksums.txt}"; }

# seal PASSWORD [PREFIX]: the record in a token, as the documented shell procedure makes it, whatever the password
seal() {
    printf '%s.%s.%s' "${2-hyper-protect-basic}" \
        "$(printf "$1" | openssl pkeyutl -encrypt -pubin -inkey attestation-key.pub.pem | base64 -w0)" \
        "$(printf "$1" | openssl enc -aes-256-cbc -pbkdf2 -pass stdin -in se-checksums.txt 2> /dev/null | base64 -w0)" \
        > se-checksums.txt.enc
}

# change NAME: one digit of that line
change() {
    awk -v name="$1" '$2 == name { $0 = (substr($0, 1, 1) == "0" ? "1" : "0") substr($0, 2) } { print }' \
        se-checksums.txt > changed
    ! cmp -s changed se-checksums.txt && mv changed se-checksums.txt
}

# lay_audit STORY: what an auditor has in his folder, of a contract that was signed and a guest that booted from its medium
lay_audit() {
    cp "$1/user-data.record.json" "$1/ciiso.iso" .
    new_key attestation && issue attestation intermediate encryption 'attestation of a story'
    for file in workload env; do line "$1/$file.token" "contract:$file"; done > se-checksums.txt
    for file in user-data meta-data vendor-data; do
        isoinfo -R -i ciiso.iso -x "/$file" > file; line file "cidata/$file"
    done >> se-checksums.txt
    line ciiso.iso /dev/disk/by-label/cidata >> se-checksums.txt
    rm file
    guest_signs
    openssl genrsa -out attestation-key.pem 2> /dev/null
    openssl pkey -in attestation-key.pem -pubout -out attestation-key.pub.pem
    cat > persona.yaml << END
persona: contract-auditor
name: paynow
attestation-certificate: attestation.crt
intermediates: [intermediate.crt, ca.crt]
roots: root.crt
END
}
