package membership

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates"
)

// wish is what a letter asks for.
type wish struct {
	what templates.Wish
	list lists.ListID // of a wish about one list; 0 for others
}

// object is the wish as the row of a confirm+ token keeps it, with when it was asked about.
func (w wish) object(asked time.Time) string {
	return fmt.Sprintf("wish:%s:%d:%d", w.what, w.list, db.Micros(asked))
}

// readWish reads the object of a token: our own, the relay's "list:12" and the digest's "digest".
func readWish(object string) (wish, bool) {
	if object == "digest" {
		return wish{what: templates.WishDigestOff}, true
	}
	kind, rest, _ := strings.Cut(object, ":")
	what, number := string(templates.WishLeaveList), rest
	if kind == "wish" {
		what, number, _ = strings.Cut(rest, ":")
		number, _, _ = strings.Cut(number, ":") // behind it is when that was
	}
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil || id < 0 || kind != "wish" && kind != "list" {
		return wish{}, false
	}
	w := wish{templates.Wish(what), lists.ListID(id)}
	switch w.what {
	case templates.WishLeaveList, templates.WishJoin:
		return w, id != 0
	case templates.WishLeave, templates.WishDigestOff, templates.WishEach, templates.WishDaily, templates.WishWeekly, templates.WishMonthly, templates.WishNoMail, templates.WishData:
		return w, id == 0
	}
	return wish{}, false
}

// leaves tells whether the wish is to get less: somebody who has left has that already.
func (w wish) leaves() bool {
	switch w.what {
	case templates.WishLeave, templates.WishLeaveList, templates.WishDigestOff, templates.WishNoMail:
		return true
	}
	return false
}

// possible tells whether there is still something to be asked: nobody is asked about a list they are not on.
func (w wish) possible(tx *db.Tx, m lists.Member) (bool, error) {
	if w.what == templates.WishLeaveList {
		_, on, err := lists.SubscriptionOf(tx, m.ID, w.list)
		return on, err
	}
	if w.what != templates.WishDigestOff {
		return true, nil
	}
	subs, err := lists.Subscriptions(tx, m.ID)
	for _, s := range subs {
		if s.Delivery == lists.Digest {
			return true, err
		}
	}
	return false, err
}

// asked reads what a letter to one of the fixed addresses asks for; false when it is for help.
func asked(in *lists.Incoming) (wish, bool) {
	if in.List == nil {
		switch w := templates.Wish(in.Name.Word); w {
		case templates.WishLeave, templates.WishEach, templates.WishDaily, templates.WishWeekly, templates.WishMonthly, templates.WishNoMail:
			return wish{what: w}, true
		}
	}
	word := in.Name.Word
	if word == "request" || word == "help" {
		r, _ := requests(in)
		word = r.word
	}
	if word == "my-data" {
		return wish{what: templates.WishData}, true
	}
	if in.List == nil {
		return wish{}, false
	}
	switch word {
	case "leave":
		return wish{templates.WishLeaveList, in.List.ID}, true
	case "join":
		return wish{templates.WishJoin, in.List.ID}, true
	}
	return wish{}, false
}
