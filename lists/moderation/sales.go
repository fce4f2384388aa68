package moderation

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/lists/relay"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// How often a member may offer something, and how far back the same link is looked for.
const (
	offerEvery = 30 * 24 * time.Hour
	sameLink   = 30 * 24 * time.Hour
	mostOld    = 20 // posts of theirs that are looked at for it
)

var (
	offerTag = regexp.MustCompile(`(?i)(?:^|\s)#offer\b`)
	anyLink  = regexp.MustCompile(`(?i)\b(?:https?://|www\.)[^\s<>"')\]]+`)
	campaign = regexp.MustCompile(`(?i)[?&](?:utm_[a-z]+|aff|affid|affiliate|aff_id|partner|refcode)=`)
	selling  = regexp.MustCompile(`(?i)` + strings.Join(sellingWords, "|"))
	// sellingWords are what an offer says, by language. A price alone is none: people tell each other what things cost.
	sellingWords = []string{
		`\b\d{1,2} ?% (?:off|discount)\b|\bdiscount codes?\b|\b(?:coupon|promo) codes?\b|\bspecial offer\b|\bearly[- ]bird\b`,
		`\b(?:book|schedule) (?:a|your) (?:free )?(?:demo|call|seat|place|slot)\b|\bfree trial\b|\bsign up (?:now|today)\b|\bbuy (?:now|my|our)\b`,
		`\bonly (?:[$€£] ?\d+|\d+ ?(?:€|eur\b|usd\b|dollars\b))`,
		`\b\d{1,2} ?% (?:rabatt|nachlass)\b|\b(?:rabatt|gutschein)codes?\b|\bjetzt (?:buchen|bestellen|kaufen)\b|\bsonderangebot\b|\bfrühbucher|\bkostenlos testen\b|\bdemo (?:buchen|vereinbaren)\b|\bnur \d+ ?(?:€|euro\b)`,
		`\b\d{1,2} ?% de (?:réduction|remise)|\bcodes? promo\b|\boffre spéciale\b|\bessai gratuit\b|\bréservez (?:votre|une) (?:démo|place|appel)|\b(?:inscrivez-vous|achetez) (?:dès )?maintenant\b|\bseulement \d+ ?(?:€|euros?\b)`,
		`\b\d{1,2} ?% de descuento\b|\bc[óo]digo (?:de descuento|promocional)\b|\boferta especial\b|\bprueba gratuita\b|\breserva (?:tu|una) (?:demo|plaza|llamada)\b|\bcompra (?:ya|ahora)\b|\bsolo \d+ ?(?:€|euros?\b)`,
		`(?:割引|クーポン)コード|[%％] ?(?:オフ|OFF|割引)|無料体験|特別価格|期間限定価格|デモ(?:を|の)予約|お申し込みはこちら`,
	}
)

// seemsToSell is by what a post reads like an offer, as people read it; "" when it does not. Nothing is refused by it: its author is asked.
func (d *Desk) seemsToSell(tx *db.Tx, author lists.Member, post *letter.Letter) (string, error) {
	text := post.Subject() + "\n" + post.NewText().Text
	found := anyLink.FindAllString(text, -1)
	switch word := selling.FindString(text); {
	case word != "":
		return "it says \"" + letter.CleanLine(word) + "\"", nil
	case slices.ContainsFunc(found, campaign.MatchString):
		return "it has a link that counts who comes from here", nil
	case lists.Employer(author.Address.Domain) != "" && slices.ContainsFunc(found, func(l string) bool { return ofEmployer(l, author.Address.Domain) }):
		return "it links to " + author.Address.Domain + ", where its author writes from", nil
	}
	return d.linkedBefore(tx, author, found)
}

// ofEmployer tells whether a link leads to the domain that somebody writes from.
func ofEmployer(link, domain string) bool {
	if !strings.Contains(link, "://") {
		link = "http://" + link
	}
	u, err := url.Parse(link)
	if err != nil {
		return false
	}
	host := strings.ToLower(u.Hostname())
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// linkedBefore finds a link that the author has posted lately already.
func (d *Desk) linkedBefore(tx *db.Tx, author lists.Member, found []string) (string, error) {
	if len(found) == 0 {
		return "", nil
	}
	old, err := d.Office.Store.PostsOf(tx, int64(author.Community), int64(author.ID), mostOld)
	if err != nil {
		return "", err
	}
	for _, p := range old {
		if p.Published.Before(tx.Now.Add(-sameLink)) || p.Raw == 0 {
			continue
		}
		post, err := d.parsed(tx, p.Raw)
		if err != nil {
			return "", err
		}
		for _, l := range anyLink.FindAllString(post.NewText().Text, -1) {
			if slices.Contains(found, l) {
				return "its author has posted the same link within the last month", nil
			}
		}
	}
	return "", nil
}

// asksNoSales takes a post on a list that is no place for selling: an offer goes into the digest alone, once a month; what reads like one and does
// not say so waits for its author's word. done is false for any other post.
func (d *Desk) asksNoSales(tx *db.Tx, in *lists.Incoming, known *relay.Known) (done bool, err error) {
	if !in.List.Rules.NoSales || in.Sender.ID == 0 || in.Sender.Manager() {
		return false, nil
	}
	if offerTag.MatchString(in.Letter.Subject()) {
		return true, d.offer(tx, relay.Publication{Community: in.Community, List: *in.List, Letter: in.Letter, Author: in.Sender, Story: in.Story, Known: known})
	}
	sign, err := d.seemsToSell(tx, in.Sender, in.Letter)
	if err != nil || sign == "" {
		return false, err
	}
	words, err := templates.SalesAsk{Community: in.Community.Name, List: in.List.Title(), Subject: in.Letter.Subject(), Sign: sign, Days: Days}.Render()
	if err != nil {
		return true, err
	}
	return true, d.question(tx, in, WhySales, words)
}

// asksAgain asks about a letter that reads like an offer when its author has just let it pass by another word.
func (d *Desk) asksAgain(tx *db.Tx, in *lists.Incoming, h Held, l lists.List, post *letter.Letter) (asked bool, err error) {
	if !l.Rules.NoSales || in.Sender.Manager() || offerTag.MatchString(post.Subject()) {
		return false, nil
	}
	sign, err := d.seemsToSell(tx, in.Sender, post)
	if err != nil || sign == "" {
		return false, err
	}
	if err := h.again(tx, WhySales); err != nil {
		return true, err
	}
	words, err := templates.SalesAsk{Community: in.Community.Name, List: l.Title(), Subject: h.Subject, Sign: sign, Days: Days}.Render()
	if err != nil {
		return true, err
	}
	mail := notice.Answer(in, notice.Asks, words)
	if mail.ReplyTo, err = d.Office.Confirm(tx, h.door(in.Community, in.Sender, toAuthor)); err != nil {
		return true, err
	}
	_, err = d.Office.Send(tx, mail)
	return true, err
}

// offer publishes an offer: in the archive and the digest, with no copy to anybody.
func (d *Desk) offer(tx *db.Tx, pub relay.Publication) error {
	last, err := lastOffer(tx, pub.Author.ID)
	if err != nil {
		return err
	}
	if next := last.Add(offerEvery); next.After(tx.Now) {
		return refusal.Because(refusal.NotAllowed, "One offer of each member stands in the digest every 30 days, and yours is not so old yet. Please send it again on %s.", next.In(time.UTC).Format("2 January"))
	}
	if err := d.publish(tx, pub); err != nil {
		return err
	}
	c, err := lists.CommunityByID(tx, pub.Author.Community)
	if err != nil {
		return err
	}
	words, err := templates.OfferTaken{Community: c.Name, Subject: pub.Letter.Subject()}.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(c, pub.Author, notice.Tells, words)
	mail.Auto, mail.Story = notice.Replied, pub.Story
	_, err = d.Office.Send(tx, mail)
	return err
}

// choiceOfSale does what an author wants with a post that reads like an offer.
func (d *Desk) choiceOfSale(tx *db.Tx, in *lists.Incoming, h Held, word string) error {
	l, err := openList(tx, h)
	if err != nil {
		return err
	}
	post, err := d.letterOf(tx, h)
	if err != nil {
		return err
	}
	decision, err := d.decide(tx, l, in.Sender, lists.Verified, in.Policy, post)
	if err != nil {
		return err
	}
	if decision.Action == lists.Refuse {
		return decision.Refusal
	}
	switch {
	case word == "EDIT":
		return d.editSale(tx, in, h, post)
	case word == "OFFER" && decision.Action == lists.Hold:
		// A manager's OK would send it to everybody: that it is an offer stands nowhere but in this answer.
		return refusal.Because(refusal.NotAllowed, "Your posts wait for a manager at the moment, so this offer cannot go into the digest by itself. Please send it again with #offer in its subject; this one is forgotten when you answer CANCEL.")
	case word == "ASIS":
		h.Rule = "it reads like an offer, and its author says that it is none"
		if err := h.again(tx, WhyRule); err != nil {
			return err
		}
		if err := d.askManagers(tx, in.Community, h, post, ""); err != nil {
			return err
		}
		return d.tellWaits(tx, in, h)
	}
	if !offerTag.MatchString(post.Subject()) {
		header := post.Header()
		if err := header.Set("Subject", strings.TrimSpace(post.Subject()+" #offer")); err != nil {
			return err
		}
		if post, err = letter.Parse(post.With(header)); err != nil {
			return err
		}
	}
	if err := d.end(tx, h, Published, in.Sender.ID, ""); err != nil {
		return err
	}
	return d.offer(tx, relay.Publication{List: l, Letter: post, Author: in.Sender, Story: h.Story})
}

// editSale gives a post back to its author, who writes it anew; managers read it then.
func (d *Desk) editSale(tx *db.Tx, in *lists.Incoming, h Held, post *letter.Letter) error {
	l, err := lists.ListByID(tx, h.List)
	if err != nil {
		return err
	}
	if err := h.again(tx, WhyFix); err != nil {
		return err
	}
	text, _ := notice.Whole(post)
	words, err := templates.SalesEdit{Community: in.Community.Name, List: l.Title(), Subject: h.Subject, Text: text, Days: Days}.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Asks, words)
	if mail.ReplyTo, err = d.Office.Confirm(tx, h.door(in.Community, in.Sender, toFix)); err != nil {
		return err
	}
	_, err = d.Office.Send(tx, mail)
	return err
}
