package backchannel

import (
	"crypto/sha256"
	"errors"
	"time"

	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates/refusal"
)

// schemaConsent is what members were asked to let us post, what they said, and what was posted. The file itself sees to it that nothing
// is noted as posted without a yes to the very same text (I10).
const schemaConsent = `
	CREATE TABLE consent (
		id           INTEGER PRIMARY KEY AUTOINCREMENT,
		conv         INTEGER NOT NULL REFERENCES conv (id),
		list         INTEGER NOT NULL REFERENCES list (id),
		manager      INTEGER REFERENCES member (id),       -- who proposed it; NULL: the writer of the conversation
		own          INTEGER NOT NULL CHECK (own IN (0, 1)), -- its writer wants to post it under their name
		answers      TEXT NOT NULL DEFAULT '',             -- Message-ID of the post that it answers
		subject      TEXT NOT NULL,
		text_final   TEXT NOT NULL,                        -- '' once it is forgotten
		text_sha256  BLOB NOT NULL CHECK (length(text_sha256) = 32), -- over subject and text
		state        TEXT NOT NULL CHECK (state IN ('draft','asked','posted','declined','undone','removed','called-off','replaced','expired','dropped')),
		choice       TEXT NOT NULL DEFAULT '' CHECK (choice IN ('','anon','named','no')),
		begun_at     INTEGER NOT NULL,
		asked_at     INTEGER NOT NULL DEFAULT 0,
		answered_at  INTEGER NOT NULL DEFAULT 0,
		answer_msgid TEXT NOT NULL DEFAULT '',             -- the letter with the answer
		auth         TEXT NOT NULL DEFAULT '',             -- what vouched for it
		ended_at     INTEGER NOT NULL DEFAULT 0,           -- when its state became what it is
		withdrawn_at INTEGER NOT NULL DEFAULT 0,
		CHECK ((choice = '') = (answered_at = 0)),
		CHECK (state <> 'posted' OR choice IN ('anon','named')),
		UNIQUE (id, text_sha256, choice)
	) STRICT;
	CREATE INDEX consent_conv ON consent (conv, state);
	CREATE TRIGGER consent_text BEFORE UPDATE OF subject, text_final, text_sha256 ON consent
		WHEN NEW.text_sha256 <> OLD.text_sha256 OR NEW.text_final <> OLD.text_final AND NEW.text_final <> '' OR NEW.subject <> OLD.subject AND NEW.subject <> ''
		BEGIN SELECT RAISE(ABORT, 'what somebody was asked about does not change'); END;

	-- What was posted of it: the same text, by the same choice, or no row.
	CREATE TABLE publication (
		consent INTEGER PRIMARY KEY,
		post    INTEGER NOT NULL UNIQUE REFERENCES post (id),
		sha256  BLOB NOT NULL,                             -- over subject and text of the letter that was posted
		choice  TEXT NOT NULL CHECK (choice IN ('anon','named')),
		brought INTEGER NOT NULL DEFAULT 0 CHECK (brought IN (0, 1)), -- its writer was brought an answer
		FOREIGN KEY (consent, sha256, choice) REFERENCES consent (id, text_sha256, choice)
	) STRICT;
`

// textState is where a text for a list stands.
type textState string

const (
	textDraft     textState = "draft" // a manager looks at it; the writer does not know of it
	textAsked     textState = "asked"
	textPosted    textState = "posted"
	textDeclined  textState = "declined"
	textUndone    textState = "undone"  // taken back before anybody had it
	textRemoved   textState = "removed" // taken out later
	textCalledOff textState = "called-off"
	textReplaced  textState = "replaced"
	textExpired   textState = "expired"
	textDropped   textState = "dropped" // by the manager whose draft it was
)

// choice is what a writer said to a text.
type consentChoice string

const (
	choiceAnon  consentChoice = "anon"
	choiceNamed consentChoice = "named"
	choiceNo    consentChoice = "no"
)

// consent is one text for a list, and what its conversation's writer said to it.
type consent struct {
	id      int64
	conv    ConvID
	list    lists.ListID
	manager lists.MemberID // 0: the writer
	own     bool
	answers letter.MessageID
	subject string
	text    string
	sum     []byte
	state   textState
	choice  consentChoice
	ended   time.Time
	post    archive.PostID // 0: none was made of it
}

// textSum is the sum by which a text is known again: over its subject and its words.
func textSum(subject, text string) []byte {
	sum := sha256.Sum256([]byte(subject + "\n\n" + text))
	return sum[:]
}

const consentColumns = `consent.id, consent.conv, consent.list, coalesce(consent.manager, 0), consent.own, consent.answers, consent.subject, consent.text_final, consent.text_sha256,
	consent.state, consent.choice, consent.ended_at, coalesce(publication.post, 0)`

const fromConsent = " FROM consent LEFT JOIN publication ON publication.consent = consent.id "

func scanConsent(r db.Scanner) (k consent, err error) {
	var ended int64
	err = r.Scan(&k.id, &k.conv, &k.list, &k.manager, &k.own, &k.answers, &k.subject, &k.text, &k.sum, &k.state, &k.choice, &ended, &k.post)
	k.ended = db.Time(ended)
	return k, err
}

// addText keeps a text that somebody is going to be asked about. Whatever else was asked about in its conversation is replaced by it.
func addText(tx *db.Tx, k consent) (consent, error) {
	open, err := openTexts(tx, k.conv)
	if err != nil {
		return k, err
	}
	for _, old := range open {
		if err := old.end(tx, textReplaced); err != nil {
			return k, err
		}
	}
	if k.subject, k.text, err = asPosted(k.subject, k.text); err != nil {
		return k, err
	}
	k.sum = textSum(k.subject, k.text)
	k.id, err = tx.Insert(`INSERT INTO consent (conv, list, manager, own, answers, subject, text_final, text_sha256, state, begun_at, asked_at, ended_at)
		VALUES (@conv, @list, @manager, @own, @answers, @subject, @text, @sum, @state, @now, CASE WHEN @state = 'asked' THEN @now ELSE 0 END, @now)`,
		db.Named("conv", k.conv), db.Named("list", k.list), db.Named("manager", null(int64(k.manager))), db.Named("own", k.own), db.Named("answers", string(k.answers)),
		db.Named("subject", k.subject), db.Named("text", k.text), db.Named("sum", k.sum), db.Named("state", string(k.state)), db.Named("now", db.Micros(tx.Now)))
	if err != nil {
		return k, err
	}
	return k, calendar.Set(tx, ConsentEnds, k.id, tx.Now.AddDate(0, 0, heldDays))
}

func findText(tx *db.Tx, id int64) (consent, error) {
	return scanConsent(tx.QueryRow("SELECT "+consentColumns+fromConsent+"WHERE consent.id = ?", id))
}

// openTexts are the texts about which somebody in a conversation is asked now: one at most.
func openTexts(tx *db.Tx, c ConvID) ([]consent, error) {
	return db.Select(tx, scanConsent, "SELECT "+consentColumns+fromConsent+"WHERE consent.conv = ? AND consent.state IN ('draft','asked') ORDER BY consent.id", c)
}

// answer notes what the writer said, by which letter, and what vouched for that; of somebody without a name that it was said. Only the
// first answer counts.
func (k *consent) answer(tx *db.Tx, choice consentChoice, as textState, in *lists.Incoming) error {
	id := in.Letter.MessageID()
	if in.Veiled {
		id = ""
	}
	n, err := tx.Change(`UPDATE consent SET choice = @choice, state = @state, answered_at = @now, ended_at = @now, answer_msgid = @msgid, auth = @auth
		WHERE id = @id AND state = 'asked' AND choice = ''`,
		db.Named("choice", string(choice)), db.Named("state", string(as)), db.Named("now", db.Micros(tx.Now)), db.Named("msgid", string(id)), db.Named("auth", vouchedBy(in)), db.Named("id", k.id))
	if err != nil {
		return err
	}
	if n != 1 {
		return refusal.Because(refusal.Conflict, "That was decided already.")
	}
	k.choice, k.state = choice, as
	return calendar.Clear(tx, ConsentEnds, k.id)
}

// end notes how it ended otherwise.
func (k consent) end(tx *db.Tx, as textState) error {
	withdrawn := int64(0)
	if as == textUndone || as == textRemoved {
		withdrawn = db.Micros(tx.Now)
	}
	if _, err := tx.Exec("UPDATE consent SET state = @state, ended_at = @now, withdrawn_at = @withdrawn WHERE id = @id",
		db.Named("state", string(as)), db.Named("now", db.Micros(tx.Now)), db.Named("withdrawn", withdrawn), db.Named("id", k.id)); err != nil {
		return err
	}
	return calendar.Clear(tx, ConsentEnds, k.id)
}

// published notes the post that was made of it. The file refuses a post of other words than the writer said yes to.
func (k consent) published(tx *db.Tx, p archive.PostID, sum []byte) error {
	_, err := tx.Exec("INSERT INTO publication (consent, post, sha256, choice) VALUES (@consent, @post, @sum, @choice)",
		db.Named("consent", k.id), db.Named("post", p), db.Named("sum", sum), db.Named("choice", string(k.choice)))
	return err
}

// masked are the newest texts that were posted without their writers' names and still stand.
func masked(tx *db.Tx, l lists.ListID) ([]consent, error) {
	return db.Select(tx, scanConsent, "SELECT "+consentColumns+fromConsent+"WHERE consent.list = ? AND consent.state = 'posted' AND consent.choice = 'anon' AND publication.post IS NOT NULL ORDER BY consent.id DESC LIMIT 200", l)
}

// maskedPost is the text that was posted as this post without its writer's name; ErrNoRows when it is no such post.
func maskedPost(tx *db.Tx, p archive.PostID) (consent, error) {
	return scanConsent(tx.QueryRow("SELECT "+consentColumns+fromConsent+"WHERE publication.post = ? AND publication.choice = 'anon'", p))
}

// outcomeOf notes how a conversation ended, or that it did not.
func outcomeOf(tx *db.Tx, c ConvID, outcome string) error {
	_, err := tx.Exec("UPDATE conv SET outcome = @outcome, publicable = CASE WHEN @outcome = 'published' THEN 'y' ELSE publicable END WHERE id = @id",
		db.Named("outcome", outcome), db.Named("id", c))
	return err
}

// firstAsked is the letter with which a conversation began.
func firstAsked(tx *db.Tx, c ConvID) (message, error) {
	m, err := scanMsg(tx.QueryRow("SELECT "+msgColumns+" FROM conv_msg WHERE conv = ? AND dir = 'in' AND state = 'sent' ORDER BY rev LIMIT 1", c))
	if errors.Is(err, db.ErrNoRows) {
		return m, nil
	}
	return m, err
}

// reopen takes a conversation up again whose post was taken back before anybody had it.
func reopen(tx *db.Tx, c Conv) error {
	_, err := tx.Exec("UPDATE conv SET closed = 0, outcome = '', purge = 0, state = 'reopened' WHERE id = ? AND state = 'closed'", c.ID)
	return err
}

// answeredBefore tells whether the writer of a text was brought an answer to it already.
func answeredBefore(tx *db.Tx, k consent) (is bool, err error) {
	err = tx.QueryRow("SELECT brought FROM publication WHERE consent = ?", k.id).Scan(&is)
	return is, err
}

func noteAnswer(tx *db.Tx, k consent) error {
	_, err := tx.Exec("UPDATE publication SET brought = 1 WHERE consent = ?", k.id)
	return err
}
