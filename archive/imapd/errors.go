package imapd

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-imap/v2"

	"backchannel/templates/refusal"
)

// The sentences in which this package itself says no. The Account has its own.
const (
	saysWrongLogin  = "This address and password do not fit together. Please use your e-mail address and an app password; your community's managers can tell you how to get one."
	saysTooMany     = "You are signed in too often at once. Please close a mail program you do not need."
	saysLastGuess   = "Too many wrong passwords. Please check the password in your mail program and try again in a few minutes."
	saysShortage    = "Something here does not work at the moment. Nothing is lost; please try again in a few minutes."
	saysNoMailbox   = "There is no folder of this name."
	saysBranch      = "This is only a branch of the tree; please open one of the folders inside it."
	saysReadOnly    = "This folder was opened for reading only, so nothing can be changed in it."
	saysNoCreate    = "Folders cannot be made here; they come and go with your lists and letters."
	saysNoDelete    = "This folder belongs to your community, so it cannot be deleted."
	saysNoRename    = "This folder belongs to your community, so it cannot be renamed."
	saysNoUnsub     = "All folders are always shown here. You can hide this one in your mail program."
	saysNoCopy      = "Letters cannot be copied here, only moved. Nothing was changed."
	saysNoAppend    = "Letters can only be put into Drafts and Sent. To write to a list, send your letter to its address."
	saysNoDeletion  = "Letters cannot be deleted here. Nothing was changed."
	saysNoSuchFlag  = "This mark cannot be set here. Nothing was changed."
	saysTooBroad    = "This search takes too long. Please look for a whole word, or only in newer letters."
	saysTooDeep     = "This search is too complicated. Please ask for less at once."
	saysTooMuch     = "Your mail program asks for too many pieces of a letter at once."
	saysBusy        = "Too many large letters are being sent at the moment. Please try again in a minute."
	saysBadEncoding = "This part of the letter is encoded in a way that is not known here."
	saysIncomplete  = "The letter did not arrive whole, so it was not kept. Please try again."

	saysMisreadLogin   = "The user name and password in this command cannot be read. Please check the account in your mail program."
	saysMisreadName    = "This is not how the name of a folder is written. Please pick the folder from the list in your mail program."
	saysMisreadNumbers = "The numbers of letters in this command cannot be read. They begin with 1 and look like 1:5 or 3,7."
	saysMisreadMove    = "The numbers of letters or the folder in this command cannot be read. Numbers begin with 1 and look like 1:5 or 3,7."
	saysMisreadSearch  = "This search cannot be read: it has an unknown word, a date unlike 7-Mar-2026, or numbers of letters unlike 1:5."
	saysMisreadLetter  = "The folder or the date in this command cannot be read, so the letter was not kept."
)

// no makes a refusal of this package.
func no(code imap.ResponseCode, sentence string) *imap.Error {
	return &imap.Error{Type: imap.StatusResponseTypeNo, Code: code, Text: sentence}
}

// codes translates kinds of refusal into response codes (RFC 5530, RFC 9051 §7.1). Only this package knows IMAP codes.
func codeOf(k refusal.Kind) imap.ResponseCode {
	switch k {
	case refusal.Full:
		return imap.ResponseCodeOverQuota
	case refusal.Limit:
		return imap.ResponseCodeLimit
	case refusal.NotAllowed:
		return imap.ResponseCodeNoPerm
	case refusal.NotFound, refusal.NoSuchAddress:
		return imap.ResponseCodeNonExistent
	case refusal.TooBig:
		return imap.ResponseCodeTooBig
	case refusal.Conflict:
		return imap.ResponseCodeAlreadyExists
	case refusal.Malformed, refusal.Robot, refusal.Loop, refusal.Invalid, refusal.Usage:
		return imap.ResponseCodeCannot
	}
	return imap.ResponseCodeUnavailable
}

// answer makes of an error what the library tells the client: a refusal becomes NO with its sentence, anything else is logged and
// called a shortage.
func (s *session) answer(doing string, err error) error {
	var already *imap.Error
	if err == nil || errors.As(err, &already) {
		return err
	}
	if r, ok := refusal.As(err); ok {
		text := r.Sentence
		if r.Hint != "" {
			text += " Try: " + r.Hint
		}
		return no(codeOf(r.Kind), oneLine(text))
	}
	if !errors.Is(err, context.Canceled) {
		s.server.cfg.Log.Warn("imap command failed", "doing", doing, "error", err)
	}
	return no(imap.ResponseCodeUnavailable, saysShortage)
}

// oneLine makes a sentence fit for the end of a response: no control, no broken UTF-8, and never empty.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0:
			return ' '
		case r == utf8.RuneError:
			return '?'
		}
		return r
	}, s)
	if s = strings.TrimSpace(s); s == "" {
		return saysShortage
	}
	return s
}
