package courier

import "backchannel/archive/db"

// Schema is the table of other domains' MTA-STS policies.
func Schema() db.Schema {
	return db.Schema{Owner: "smtpd/courier", Steps: []string{`
	-- The MTA-STS policy of a domain (RFC 8461). It is kept as long as it wants to be, so that nobody can make us forget it.
	CREATE TABLE sts_policy (
		domain  TEXT PRIMARY KEY,
		id      TEXT NOT NULL,    -- of the DNS record when it was last fetched, or was tried to be
		policy  TEXT NOT NULL,    -- as we write policies; empty: it was never had
		expires INTEGER NOT NULL, -- microseconds UTC
		tried   INTEGER NOT NULL, -- when it was last fetched, microseconds UTC
		ok      INTEGER NOT NULL  -- whether that went well
	) STRICT`}}
}

func policyOf(tx *db.Tx, domain string) (k kept, err error) {
	var text string
	var expires, tried int64
	err = tx.QueryRow(`SELECT id, policy, expires, tried, ok FROM sts_policy WHERE domain = ?`, domain).Scan(&k.id, &text, &expires, &tried, &k.ok)
	if err == db.ErrNoRows {
		return kept{}, nil
	}
	if err != nil {
		return kept{}, err
	}
	k.expires, k.tried = db.Time(expires), db.Time(tried)
	if text != "" {
		k.policy, err = ParsePolicy([]byte(text))
	}
	return k, err
}

func keepPolicy(tx *db.Tx, domain string, k kept) error {
	text := ""
	if k.policy.Mode != "" {
		text = k.policy.String()
	}
	_, err := tx.Exec(`INSERT INTO sts_policy (domain, id, policy, expires, tried, ok) VALUES (@domain, @id, @policy, @expires, @tried, @ok)
		ON CONFLICT (domain) DO UPDATE SET id = @id, policy = @policy, expires = @expires, tried = @tried, ok = @ok`,
		db.Named("domain", domain), db.Named("id", k.id), db.Named("policy", text), db.Named("expires", db.Micros(k.expires)),
		db.Named("tried", db.Micros(k.tried)), db.Named("ok", k.ok))
	return err
}
