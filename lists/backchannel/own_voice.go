package backchannel

import (
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// ownVoice is own for somebody who writes under a made-up name: what they say is about that one conversation. Nothing that is done in
// their own name follows from it, and the answer knows no name either.
func (b *Letterbox) ownVoice(tx *db.Tx, in *lists.Incoming, c Conv) (done bool, err error) {
	forgetting, err := b.isForgetting(tx, c)
	if err != nil {
		return true, err
	}
	word := ownWord(in)
	switch {
	case word == "" && forgetting:
		return true, refusal.Because(refusal.NotAllowed, "This conversation is being forgotten, as you wished, so nothing more can be said in it. To write without your name again, please begin a new letter: %s.",
			in.Community.Address(anonWord))
	case word == "":
		return false, nil
	case in.Verdict != lists.Verified:
		return true, notYours(word)
	}
	if err := in.Filed(tx, "a writer's word about their own letters"); err != nil {
		return true, err
	}
	switch word {
	case "WHO READ":
		return true, b.tellVoiceWhoRead(tx, in, c)
	case "EXPORT":
		return true, b.endDraft(tx, in, randomID(), templates.AnonEnd{Outcome: templates.AnonExport})
	}
	if err := b.eraseVoices(tx, in.Sender, c.ID, tx.Now); err != nil {
		return true, err
	}
	return true, b.endDraft(tx, in, randomID(), templates.AnonEnd{Outcome: templates.AnonForgotten})
}

// notYours refuses a word about one's own letters for which nobody vouches.
func notYours(word string) error {
	return refusal.Because(refusal.NotAllowed, "We cannot be sure that this letter comes from you, so nothing was done. Please send the word %s once more from an address you joined with, at a provider that signs its mail, or signed in to our server.", word)
}

// tellVoiceWhoRead is tellWhoRead for a conversation under a made-up name.
func (b *Letterbox) tellVoiceWhoRead(tx *db.Tx, in *lists.Incoming, c Conv) error {
	one, err := b.whoRead(tx, c, in.Sender.Zone(in.Community))
	if err != nil {
		return err
	}
	words, err := templates.WhoRead{Community: in.Community.Name, Letters: []templates.ReadLetter{one}}.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Tells, words)
	mail.Story, mail.InReplyTo = "", nil
	return b.writeWriter(tx, c, mail)
}
