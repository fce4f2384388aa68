package imapd

import (
	"runtime"
	"strings"
	"testing"

	"backchannel/templates/refusal"
)

// community is the account of a manager with a bit of everything.
func community(t testing.TB) *mem {
	t.Helper()
	m := newMem()
	m.add(Mailbox{Name: "INBOX"})
	m.add(Mailbox{Name: "Sent", Use: UseSent, Takes: Forgets})
	m.add(Mailbox{Name: "Drafts", Use: UseDrafts, Takes: Keeps})
	m.add(Mailbox{Name: "Lists/talk"}).flags = []string{Seen, Flagged, Answered}
	m.add(Mailbox{Name: "Back-channel/New"})
	m.add(Mailbox{Name: "Back-channel/Mine"})
	m.add(Mailbox{Name: "Back-channel/Refuses"})
	m.add(Mailbox{Name: "Archiv/Gärten & Höfe"}).readOnly = true
	return m
}

func TestATypicalSession(t *testing.T) {
	m := community(t)
	talk := m.boxes["Lists/talk"]
	talk.arrive(note("first", "One."))
	talk.arrive(note("second", "Two."))
	_, addr := start(t, m, nil)
	k := dial(t, addr)
	k.play(`
		S: * OK [CAPABILITY IMAP4rev2 IMAP4rev1 SASL-IR LITERAL- AUTH=PLAIN] IMAP server ready
		C:
		C: a ID ("name" "Outlook" "version" "16")
		S: * ID ("name" "Backchannel")
		S: a OK ID completed
		C: b LOGIN mira@lowe.test secret
		S: b OK [CAPABILITY IMAP4rev2 IMAP4rev1 SASL-IR LITERAL- UNSELECT ENABLE IDLE UTF8=ACCEPT NAMESPACE UIDPLUS ESEARCH SEARCHRES LIST-EXTENDED LIST-STATUS MOVE STATUS=SIZE BINARY CHILDREN SPECIAL-USE APPENDLIMIT=25000000] Logged in
		C: c ID NIL
		S: * ID ("name" "Backchannel")
		S: c OK ID completed
		C: d NAMESPACE
		S: * NAMESPACE (("" "/")) NIL NIL
		S: d OK NAMESPACE completed
		C: e LIST "" ""
		S: * LIST (\Noselect) "/" ""
		S: e OK LIST completed
		C: f LIST "" *
		S: * LIST (\HasNoChildren) "/" INBOX
		S: * LIST (\HasNoChildren \Sent) "/" "Sent"
		S: * LIST (\HasNoChildren \Drafts) "/" "Drafts"
		S: * LIST (\Noselect \HasChildren) "/" "Lists"
		S: * LIST (\HasNoChildren) "/" "Lists/talk"
		S: * LIST (\Noselect \HasChildren) "/" "Back-channel"
		S: * LIST (\HasNoChildren) "/" "Back-channel/New"
		S: * LIST (\HasNoChildren) "/" "Back-channel/Mine"
		S: * LIST (\HasNoChildren) "/" "Back-channel/Refuses"
		S: * LIST (\Noselect \HasChildren) "/" "Archiv"
		S: * LIST (\HasNoChildren) "/" "Archiv/G&AOQ-rten &- H&APY-fe"
		S: f OK LIST completed
		C: g LIST "" %
		S: * LIST (\HasNoChildren) "/" INBOX
		S: * LIST (\HasNoChildren \Sent) "/" "Sent"
		S: * LIST (\HasNoChildren \Drafts) "/" "Drafts"
		S: * LIST (\Noselect \HasChildren) "/" "Lists"
		S: * LIST (\Noselect \HasChildren) "/" "Back-channel"
		S: * LIST (\Noselect \HasChildren) "/" "Archiv"
		S: g OK LIST completed
		C: h LSUB "" Lists/*
		S: * LSUB (\HasNoChildren \Subscribed) "/" "Lists/talk"
		S: h OK LSUB completed
		C: i LIST (SPECIAL-USE) "" * RETURN (SUBSCRIBED)
		S: * LIST (\HasNoChildren \Subscribed \Sent) "/" "Sent"
		S: * LIST (\HasNoChildren \Subscribed \Drafts) "/" "Drafts"
		S: i OK LIST completed
		C: j LIST "" Lists/% RETURN (STATUS (MESSAGES UNSEEN UIDNEXT UIDVALIDITY SIZE DELETED))
		S: * LIST (\HasNoChildren) "/" "Lists/talk"
		S: * STATUS "Lists/talk" (MESSAGES 2 UIDNEXT 3 UIDVALIDITY 1003 UNSEEN 2 DELETED 0 SIZE 292)
		S: j OK LIST completed
		C: k STATUS Sent (MESSAGES RECENT APPENDLIMIT)
		S: * STATUS "Sent" (MESSAGES 0 APPENDLIMIT 25000000 RECENT 0)
		S: k OK STATUS completed
		C: l SELECT Lists/talk
		S: * 2 EXISTS
		S: * 0 RECENT
		S: * OK [UNSEEN 1] First unseen message
		S: * OK [UIDVALIDITY 1003] UIDs valid
		S: * OK [UIDNEXT 3] Predicted next UID
		S: * FLAGS (\Seen \Answered \Flagged \Deleted \Draft)
		S: * OK [PERMANENTFLAGS (\Seen \Flagged \Answered)] Permanent flags
		S: l OK [READ-WRITE] SELECT completed
		C: m FETCH 1:* (UID FLAGS BODY[HEADER.FIELDS (SUBJECT)])
		S: * 1 FETCH (UID 1 FLAGS (\Seen) BODY[HEADER.FIELDS ("SUBJECT")] {18}
		S: Subject: first
		S:
		S: )
		S: * 2 FETCH (UID 2 FLAGS (\Seen) BODY[HEADER.FIELDS ("SUBJECT")] {19}
		S: Subject: second
		S:
		S: )
		S: * 1 FETCH (UID 1 FLAGS (\Seen))
		S: * 2 FETCH (UID 2 FLAGS (\Seen))
		S: m OK FETCH completed
		C: n STORE 1 +FLAGS (\Flagged)
		S: * 1 FETCH (FLAGS (\Flagged \Seen))
		S: n OK STORE completed
		C: n UID STORE 1 -FLAGS (\Flagged)
		S: * 1 FETCH (UID 1 FLAGS (\Seen))
		S: n OK UID STORE completed
		C: n STORE 1 +FLAGS (\Flagged)
		S: * 1 FETCH (FLAGS (\Flagged \Seen))
		S: n OK STORE completed
		C: o UID STORE 2 +FLAGS.SILENT (\Flagged)
		S: o OK UID STORE completed
		C: p SEARCH FLAGGED SUBJECT secon
		S: * SEARCH 2
		S: p OK SEARCH completed
		C: q UNSELECT
		S: q OK UNSELECT completed
		C: r LOGOUT
		S: * BYE Logging out
		S: r OK LOGOUT completed
		S: <closed>
	`)
}

func TestRefusalsAreSentences(t *testing.T) {
	m := community(t)
	m.boxes["Lists/talk"].arrive(note("first", "One."))
	m.boxes["Back-channel/New"].arrive(note("a letter", "Help."))
	m.boxes["Back-channel/Mine"].refuseEx = refusal.Because(refusal.NotAllowed, "Letters are kept. Move it to Closed instead.")
	m.boxes["Back-channel/Mine"].arrive(note("mine", "Mine."))
	m.boxes["Archiv/Gärten & Höfe"].arrive(note("old", "Old."))
	_, addr := start(t, m, nil)
	k := signedIn(t, addr)
	k.play(`
		C: a SELECT Nowhere
		S: a NO [NONEXISTENT] There is no folder of this name.
		C: a SELECT Lists
		S: a NO [NONEXISTENT] This is only a branch of the tree; please open one of the folders inside it.
		C: a CREATE Lists/mine
		S: a NO [NOPERM] Folders cannot be made here; they come and go with your lists and letters.
		C: a DELETE Lists/talk
		S: a NO [CANNOT] This folder belongs to your community, so it cannot be deleted.
		C: a RENAME Lists/talk x
		S: a NO [CANNOT] This folder belongs to your community, so it cannot be renamed.
		C: a SUBSCRIBE Lists/talk
		S: a OK SUBSCRIBE completed
		C: a SUBSCRIBE Nowhere
		S: a NO [NONEXISTENT] There is no folder of this name.
		C: a UNSUBSCRIBE Lists/talk
		S: a NO [CANNOT] All folders are always shown here. You can hide this one in your mail program.
		C: a STATUS Nowhere (MESSAGES)
		S: a NO [NONEXISTENT] There is no folder of this name.

		# what was refused is not sent
		C: a APPEND Lists/talk {300}
		S: a NO [CANNOT] Letters can only be put into Drafts and Sent. To write to a list, send your letter to its address.
		C: a APPEND Nowhere (\Seen) {300}
		S: a NO [TRYCREATE] There is no folder of this name.
		C: a APPEND Drafts {25000001}
		S: a NO [TOOBIG] Literals are limited to 25000000 bytes for this command

		C: b EXAMINE Lists/talk
		S> b OK [READ-ONLY] EXAMINE completed
		C: b STORE 1 +FLAGS (\Seen)
		S: b NO [NOPERM] This folder was opened for reading only, so nothing can be changed in it.
		C: b EXPUNGE
		S: b NO [NOPERM] This folder was opened for reading only, so nothing can be changed in it.
		C: b MOVE 1 Drafts
		S: b NO [NOPERM] This folder was opened for reading only, so nothing can be changed in it.
		C: b FETCH 1 BODY[TEXT]
		S: * 1 FETCH (BODY[TEXT] {6}
		S: One.
		S: )
		S: b OK FETCH completed
		C: b FETCH 1 FLAGS
		S: * 1 FETCH (FLAGS ())
		S: b OK FETCH completed
		C: b CLOSE
		S: b OK CLOSE completed

		C: c SELECT "Archiv/G&AOQ-rten &- H&APY-fe"
		S> * OK [PERMANENTFLAGS ()] Permanent flags
		S: c OK [READ-ONLY] SELECT completed
		C: c STORE 1 FLAGS (\Seen)
		S: c NO [NOPERM] This folder was opened for reading only, so nothing can be changed in it.

		C: d SELECT Lists/talk
		S: * OK [CLOSED] Previous mailbox is now closed
		S> d OK [READ-WRITE] SELECT completed
		C: d STORE 1 +FLAGS (\Deleted)
		S: d NO [NOPERM] Letters cannot be deleted here. Nothing was changed.
		C: d STORE 1 +FLAGS (\Draft)
		S: d NO [NOPERM] This mark cannot be set here. Nothing was changed.
		C: d STORE 1 +FLAGS ($NotJunk)
		S: d OK STORE completed
		C: d STORE 1 +FLAGS (\Deleted \Seen)
		S: * 1 FETCH (FLAGS (\Seen))
		S: d OK STORE completed
		C: d MOVE 1 Nowhere
		S: d NO [TRYCREATE] There is no folder Nowhere.
		C: d MOVE 1 Back-channel/Refuses
		S: d NO [NOPERM] Reports stay where they are until you close them. Try: /close
		C: d FETCH 1 BINARY[2]
		S: * 1 FETCH (BINARY[2] ~{0}
		S: )
		S: d OK FETCH completed

		C: e SELECT Back-channel/Mine
		S> e OK [READ-WRITE] SELECT completed
		C: e STORE 1 +FLAGS (\Deleted)
		S: * 1 FETCH (FLAGS (\Deleted))
		S: e OK STORE completed
		C: e EXPUNGE
		S: e NO [NOPERM] Letters are kept. Move it to Closed instead.
		C: e CLOSE
		S: e OK CLOSE completed
		C: e FETCH 1 FLAGS
		S: e BAD [CLIENTBUG] This command is only valid in the selected state
	`)
	if m.filed != 0 {
		t.Errorf("%d refused letters were filed", m.filed)
	}
}

func TestTooManyPieces(t *testing.T) {
	m := community(t)
	m.boxes["Lists/talk"].arrive(note("first", "One."))
	_, addr := start(t, m, nil)
	k := signedIn(t, addr)
	k.play(`
		C: a EXAMINE Lists/talk
		S> a OK …
	`)
	k.say("b FETCH 1 (" + strings.Repeat("BINARY.PEEK[1] BODY.PEEK[1] BINARY.SIZE[1] ", 34) + "UID)\r\n")
	if got := k.line(); got != "b NO [LIMIT] "+saysTooMuch {
		t.Error(got)
	}
}

// A search of thousands of words never reaches the library, and the session goes on.
func TestASearchOfTooManyWords(t *testing.T) {
	m := community(t)
	m.boxes["Lists/talk"].arrive(note("first", "One."))
	_, addr := start(t, m, nil)
	k := signedIn(t, addr)
	k.play(`
		C: a EXAMINE Lists/talk
		S> a OK …
	`)
	const tooDeep = "NO [LIMIT] " + saysTooDeep
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	k.say("b SEARCH " + strings.Repeat("NOT ", 12000) + "ALL\r\n")
	if got := k.line(); got != "b "+tooDeep {
		t.Error(got)
	}
	runtime.ReadMemStats(&after)
	if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 5 {
		t.Errorf("it took %d MiB", used)
	}
	k.say("c UID SEARCH " + strings.Repeat("NOT ", 3000) + "TEXT {3+}\r\nabc\r\n")
	if got := k.line(); got != "c "+tooDeep {
		t.Error(got)
	}
	k.play(`
		C: d SEARCH NOT SEEN
		S: * SEARCH 1
		S: d OK …
	`)
	k.say("e SEARCH TEXT {3+}\r\nabc " + strings.Repeat("NOT ", 3000) + "ALL\r\n")
	k.play(`
		S: * BYE That command is too long.
		S: <closed>
	`)
}
