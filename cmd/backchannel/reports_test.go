package main

import (
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/digest/report"
	"backchannel/lists"
)

// M21, the whole way: a report comes in by SMTP, is counted, answered by nobody, and told; what is no report is refused with words.
func TestM21AReportComesIn(t *testing.T) {
	h := openVillage(t, nil)
	h.serve()
	const xml = `<feedback><report_metadata><org_name>Big Mail</org_name><report_id>7</report_id><date_range><begin>1781136000</begin><end>1781222399</end></date_range></report_metadata>` +
		`<policy_published><domain>gardeners.test</domain></policy_published><record><row><source_ip>203.0.113.9</source_ip><count>3</count>` +
		`<policy_evaluated><disposition>none</disposition><dkim>fail</dkim><spf>fail</spf></policy_evaluated></row></record></feedback>`
	letter := func(from, auto, body string) []byte {
		return []byte(strings.ReplaceAll("From: "+from+"\nTo: dmarc-reports@gardeners.test\nSubject: Report Domain: gardeners.test\nMessage-ID: <"+from+">\n"+auto+
			"Content-Type: text/xml; name=r.xml\n\n"+body+"\n", "\n", "\r\n"))
	}
	if err := h.handIn("", "dmarc-reports@gardeners.test", letter("noreply@big.test", "Auto-Submitted: auto-generated\nPrecedence: bulk\n", xml)); err != nil {
		t.Errorf("from a program, return path <>: %v", err)
	}
	if err := h.handIn("noreply@big.test", "tls-reports@gardeners.test", letter("other@big.test", "", xml)); err != nil {
		t.Errorf("the same report, through the other door: %v", err)
	}
	if err := h.handIn("bill@south.test", "dmarc-reports@gardeners.test", letter("bill@south.test", "", "Is somebody there?")); err == nil || !strings.Contains(err.Error(), "takes DMARC and TLS reports only") {
		t.Errorf("a person's letter: %v", err)
	}
	h.update(func(tx *db.Tx) error {
		c, err := lists.TheCommunity(tx, "")
		if err != nil {
			return err
		}
		days, err := report.Days(tx, c, friday.AddDate(0, 0, -14))
		if len(days) != 1 || days[0].Sentence() != "100 % of the mail that claims to be from gardeners.test on 11 June 2026 came from hosts that are not ours: 203.0.113.9 (3)." {
			t.Errorf("%+v", days)
		}
		return err
	})
	if err := h.stop(); err != nil {
		t.Error(err)
	}
	h.balanced()
	if n := len(h.outbox("noreply@big.test")) + len(h.outbox("bill@south.test")) + len(h.outbox("mira@lowe.test")); n != 0 {
		t.Errorf("%d letters were written because of a report", n)
	}
}
