package roster

import (
	"encoding/json"
	"strings"

	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// readLines reads one person from each line: the roster dumps of Mailman 2 (list_members, with or without names) and Mailman 3
// (mailman members), and the lines that groups.io takes, which may have a word for the delivery behind the address.
func readLines(text string) Roster {
	r, seen := Roster{Kind: "a list of addresses"}, map[string]int{}
	n := 0
	for line := range strings.Lines(text) {
		if n++; len(r.People) > mostPeople {
			break
		}
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || strings.HasSuffix(line, " has no members") {
			continue
		}
		who, word := line, ""
		if at := strings.LastIndexByte(line, ' '); at > 0 && !strings.Contains(line[at:], "@") {
			who, word = strings.TrimSpace(line[:at]), line[at+1:]
		}
		p, err := person(n, who, "")
		if err != nil {
			r.leave(n, line, "no mail address")
			continue
		}
		d, ok := deliveryOf(word)
		if !ok {
			r.doubt(n, p.Address.String(), "what is %q as a delivery? It was left open", letter.CleanLine(word))
		}
		p.Delivery = d
		r.add(p, seen)
	}
	return r
}

// jsonPerson is a member as Mailman 3 tells them over its interface (entries of a roster), and as groups.io takes them.
type jsonPerson struct {
	Email          string `json:"email"`
	DisplayName    string `json:"display_name"`
	FullName       string `json:"full_name"`
	Name           string `json:"name"`
	DeliveryMode   string `json:"delivery_mode"`
	DeliveryStatus string `json:"delivery_status"`
	EmailDelivery  string `json:"email_delivery"`
	Role           string `json:"role"`
	ModStatus      string `json:"mod_status"`
	Status         string `json:"status"`
}

// readJSON reads an array of people, an object with such an array as "entries", or an object on each line.
func readJSON(text string) (Roster, error) {
	var all []json.RawMessage
	var roster struct {
		Entries []json.RawMessage `json:"entries"`
	}
	switch {
	case json.Unmarshal([]byte(text), &all) == nil:
	case json.Unmarshal([]byte(text), &roster) == nil && roster.Entries != nil:
		all = roster.Entries
	default:
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" {
				all = append(all, json.RawMessage(line))
			}
		}
	}
	r, seen := Roster{Kind: "a list in JSON"}, map[string]int{}
	for i, raw := range all {
		var j jsonPerson
		if err := json.Unmarshal(raw, &j); err != nil {
			r.leave(i+1, string(raw), "no person in JSON")
			continue
		}
		j.add(&r, i+1, seen)
	}
	if len(r.People) == 0 && len(r.Left) == 0 {
		return r, refusal.Because(refusal.Malformed, "There is nobody in this file.")
	}
	return r, nil
}

func (j jsonPerson) add(r *Roster, n int, seen map[string]int) {
	p, err := person(n, j.Email, firstOf(j.DisplayName, j.FullName, j.Name))
	if err != nil {
		r.leave(n, j.Email, "no mail address")
		return
	}
	for _, word := range []string{j.Status, j.Role} {
		if why := stranger(word); why != "" {
			r.leave(n, p.Address.String(), "%s", why)
			return
		}
	}
	word := firstOf(j.DeliveryMode, j.EmailDelivery)
	d, ok := deliveryOf(word)
	if !ok {
		r.doubt(n, p.Address.String(), "what is %q as a delivery? It was left open", letter.CleanLine(word))
	}
	if s, known := deliveryOf(j.DeliveryStatus); known && s == None {
		d = None
	}
	p.Delivery, p.Managed = d, managed(j.Role) || managed(j.ModStatus)
	p.Subscribed = j.Role == "" || plain(j.Role) == "member" || !managed(j.Role) // Mailman lists owners apart from members
	r.add(p, seen)
}

func firstOf(words ...string) string {
	for _, w := range words {
		if w = strings.TrimSpace(w); w != "" {
			return w
		}
	}
	return ""
}
