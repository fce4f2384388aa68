package notice

import (
	"fmt"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates"
)

// Wording is a mail of the program as a community says it.
type Wording struct {
	Name     string             `json:"name"` // of the mail, as templates.Worded has them
	Language templates.Language `json:"language"`
	Text     string             `json:"text"`
	Set      time.Time          `json:"set"`
}

// SetWording puts a mail into the community's own words, in one language, from now on. For a text that cannot be used the error is a
// templates.Objection.
func SetWording(tx *db.Tx, c lists.Community, w Wording) error {
	if _, err := w.parse(); err != nil {
		return err
	}
	return storeWording(tx, c.ID, w)
}

// ResetWording goes back to the words that come with the program; false when the community has none of its own for that mail.
func ResetWording(tx *db.Tx, c lists.Community, l templates.Language, name string) (bool, error) {
	return deleteWording(tx, c.ID, l, name)
}

// Wordings are all mails that a community has put into its own words, by name and language.
func Wordings(tx *db.Tx, c lists.Community) ([]Wording, error) { return wordings(tx, c.ID) }

func (w Wording) parse() (templates.Wording, error) {
	return templates.ParseWording(w.Language, w.Name, w.Text)
}

// reworded are the words of a mail as its community says them. Words that cannot be used any more, since the program was upgraded, are
// left alone and the shipped ones sent: Check tells of them.
func reworded(tx *db.Tx, c lists.Community, m templates.Mail) (templates.Mail, error) {
	l, name, ok := m.Worded()
	if !ok {
		return m, nil
	}
	w, ok, err := wordingOf(tx, c.ID, l, name)
	if err != nil || !ok {
		return m, err
	}
	parsed, err := w.parse()
	if err != nil {
		return m, nil //nolint:nilerr // see above
	}
	own, err := m.Reworded(parsed)
	if err != nil {
		return m, nil //nolint:nilerr // see above
	}
	return own, nil
}

// Check names the words of communities that cannot be used any more; the shipped ones are sent in their place.
func (o *Office) Check(tx *db.Tx) (faults []string, err error) {
	all, err := lists.Communities(tx)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		own, err := wordings(tx, c.ID)
		if err != nil {
			return nil, err
		}
		for _, w := range own {
			if _, err := w.parse(); err != nil {
				faults = append(faults, fmt.Sprintf("%s: its own words for %s in %s are not used: %v", c.Domain, w.Name, w.Language.Name(), err))
			}
		}
	}
	return faults, nil
}
