package templates

import "testing"

// What a real week of several lists put into the subject of its digest.
func TestHeadlineOfRealSubjects(t *testing.T) {
	for _, c := range []struct {
		subjects []string
		want     string
	}{
		{[]string{"First CM hire: formal role or volunteer?", "Report template"}, "First CM hire: formal role or volunteer, Report template"},
		{[]string{"frost tonight"}, "Frost tonight"},
		{[]string{"[users@httpd] Failure to start apache2 after SSL cert update.", "[users@httpd] TLS Client Hello not responded by mod_ssl"},
			"Failure to start apache2 after SSL cert…, TLS Client Hello…"},
		{[]string{"[VOTE] Release Maven Indexer 6.0.0", "beam leaving maven, anything doable?"}, "Release Maven Indexer 6.0.0, beam leaving maven, anything doable"},
		{[]string{"Selling Wedded Bliss (was Re: Ouch...)", "Sorting"}, "Selling Wedded Bliss, Sorting"},
		{[]string{"Jenkins build is unstable: asterix-integration-tests f52bc588", "Jenkins build is unstable: asterix-integration-tests 41b4519e", "Time to deprecate AQL?"},
			"Jenkins build is unstable, Time to deprecate AQL"},
		{[]string{"'Draft revised agenda and report template'", "“Hello”"}, "Draft revised agenda and report template, Hello"},
		{[]string{"License issue when using the JSON library in a commercial product", "Hi"}, "License issue when using the JSON…, Hi"},
		{[]string{"Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen", "x"}, "Donaudampfschifffahrtsgesellschaftskapit…, x"},
		{[]string{"[VOTE] Release Apache Maven Doxia version 1.8", "'FW: [11.5; 1451; 18 Nov 1600 CET] Audio mixing'"}, "Release Apache Maven Doxia version 1.8, Audio mixing"},
		{[]string{"Release Apache Maven Doxia version 1.8 (second attempt, please vote)", "a new"}, "Release Apache Maven Doxia version 1.8, a new"},
		{[]string{"An interesting thought that fills the line", "a supercalifragilistic new word"}, "An interesting thought that fills…, a supercalifragilistic…"},
		{[]string{"[tag]", "[", "(was"}, "[tag], ["},
		{[]string{"?!", "..."}, "Quiet days"},
		{[]string{"Ωραίος κήπος: τι φυτεύουμε τον Ιούνιο", "Компост"}, "Ωραίος κήπος: τι φυτεύουμε τον Ιούνιο, Компост"},
		{[]string{"今週の庭の写真を送ってください、みなさんの庭を見たいのです、よろしくお願いします、本当にありがとう", "b"}, "今週の庭の写真を送ってください、みなさんの庭を見たいのです、よろしくお願いします…, b"},
	} {
		var threads []Thread
		for _, s := range c.subjects {
			threads = append(threads, Thread{Subject: s})
		}
		got := speakerOf(English).headline(Digest{Community: "G", To: friday, Sections: []Section{{Threads: threads}}})
		if want := c.want + " - G, 12 June"; got != want {
			t.Errorf("%q: %q, want %q", c.subjects, got, want)
		}
	}
	if got := speakerOf(English).headline(Digest{Community: "G", To: friday, Sections: []Section{{Brief: []Brief{{Subject: "Thanks"}}}}}); got != "Thanks - G, 12 June" {
		t.Errorf("of a digest in brief: %q", got)
	}
}
