package main

import (
	"fmt"
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// rule is something that has to hold, with a short name, what it says, and the tests that show it.
type rule struct{ id, rule, proofs string }

// mailRules are the rules for everything that comes from a socket or leaves by one, by the ids that commits and comments name them with, and
// where each is shown: a test of a package, or a transcript or script below a test. A rule without a proof, and a proof that does not name its
// rule any more, fail TestMailRules.
var mailRules = []rule{
	{"P1", "250 only when all of it is durable", "cmd/backchannel.TestKilledAtEveryCall cmd/backchannel.TestKilledUnderLoad"},
	{"P2", "at least once, and once more only what was in flight at a crash", "cmd/backchannel.TestKilledAtEveryCall cmd/backchannel.TestKilledUnderLoad"},
	{"P3", "the same letter again changes nothing", "lists/mailroom.TestTheSameLetterAgain"},
	{"P4", "an issue reaches a reader once", "digest.TestOneIssueForEachSlot digest.TestTwoSchedulersAndACrash"},
	{"P5", "a shortage is temporary; a failed fsync ends the process", "archive/db.TestFailedFsyncEndsTheProcess cmd/backchannel.TestFailedWrite smtpd.TestRefusalBecomesReply"},
	{"P6", "no intake on a nearly full disk", "lists/mailroom.TestP6NoRoomOnTheDisk"},
	{"P7", "memory is bounded", "smtpd.TestPeakMemory smtpd/queue.TestMemoryIsBounded"},
	{"P8", "no letter stops another", "lists/mailroom.TestALetterThatBreaksTheProgram smtpd.TestPanic smtpd/queue.TestPanicsSetAside"},
	{"P9", "clocks that jump cost nothing", "smtpd/queue.TestDatesOfAnotherClock smtpd/queue.TestWarmthAndTheClock"},
	{"P10", "up soon, down soon", "cmd/backchannel.TestStartsWithAMillionCopiesOwed cmd/backchannel.TestStopsInTime smtpd.TestStop"},
	{"P11", "after a restore nothing leaves unasked", "smtpd/queue.TestRestoredQueueIsHeld"},
	{"P12", "each database opens in each later version", "archive/db.TestUpgradeKeepsChildrenAndEqualsFresh archive/db.TestNewerDatabaseIsRefused " +
		"cmd/backchannel.TestStepsOfTheSchemaStay"},
	{"P13", "the books balance", "cmd/backchannel.TestKilledUnderLoad smtpd/queue.TestEveryNumberIsACopy"},
	{"P14", "who left gets nothing", "lists/membership.TestLeavingStopsCopiesUnderWay lists/relay.TestWhoIsNoLongerOwed"},
	{"P15", "private stays private, and no log names anybody", "lists/desk.TestNothingHereTellsNothing cmd/backchannel.TestTheLogNamesNobody templates/refusal.TestPanicSaysNothingOfLetters"},
	{"P16", "no robot of ours writes to strangers", "lists/mailroom.TestAThousandSpoofedLetters"},

	{"ST1", "one file, and the keys beside it", "cmd/backchannel.TestScript/backup"},
	{"ST2", "the settings of each connection are read back", "archive/db.TestPragmasOnEveryConnection archive/db.TestVitals " +
		"archive/db.TestAPromiseThatIsNotKept"},
	{"ST3", "those who come together share a commit, 64 at most", "archive/db.TestCommitsAreShared"},
	{"ST4", "the version of SQLite, one server, modes of files", "archive/db.TestVitals archive/db.TestVersionNumber " +
		"archive/db.TestPragmasOnEveryConnection archive/db.TestLockIsBetweenHolders"},
	{"ST5", "an attempt is written down before it begins", "smtpd/queue.TestAttemptIsWrittenDownFirst smtpd/queue.TestAttemptsOfADeadRunAreKept"},
	{"ST6", "no failed fsync is tried again", "archive/db.TestFailedFsyncEndsTheProcess"},

	{"A1", "only CRLF.CRLF ends a letter", "smtpd.TestSmuggling smtpd.TestLineEndsInCommands"},
	{"A2", "a letter broken off is never followed by commands", "smtpd.TestDeadlines"},
	{"A3", "every wait ends", "smtpd.TestDeadlines smtpd.TestDeadlinesInACrowd smtpd.TestSlowLetters"},
	{"A4", "no BINARYMIME, VRFY, EXPN, TURN; BDAT like DATA", "smtpd.TestReplyToOneCommand smtpd.TestBDAT"},
	{"A5", "nobody speaks before our answer, nor behind STARTTLS", "smtpd.TestInputBeforeOurReply smtpd.TestInjectionBehindSTARTTLS"},
	{"A6", "other protocols go", "smtpd.TestOtherProtocols"},
	{"A7", "sessions, idle commands and errors are few", "smtpd.TestSessions smtpd.TestTalkWithoutALetter"},
	{"A8", "addresses are read by our own rules", "smtpd.TestPathIn archive/letter.TestParseAddressRefuses"},
	{"A9", "own addresses, a hundred of them, no letter too large", "smtpd.TestAHundredRecipients smtpd.TestTooLarge"},
	{"A10", "who guesses addresses learns nothing, and not for long", "smtpd.TestTwentyUnknownRecipients lists/desk.TestNothingHereTellsNothing " +
		"lists/mailroom.TestRefusals"},
	{"A11", "the library hears replies alone", "smtpd.TestEveryErrorIsAReply"},
	{"A12", "words of peers are cleaned", "smtpd.TestHELOInTraceAndEnvelope smtpd.TestSentencesAreSafe archive/logbook.TestDoorkeeper"},
	{"A13", "TLS 1.2, and no tickets at the front door", "smtpd.TestSTARTTLS cmd/backchannel.TestOpenSSL"},
	{"A14", "logins: where, how, and how often", "smtpd.TestLoginInClear smtpd.TestGuessing " +
		"archive/imapd.TestWrongPasswords lists.TestAppPasswords cmd/backchannel.TestSwaks"},

	{"B1", "a letter has bounds", "archive/letter.TestLimits"},
	{"B2", "one author, no field twice that stands once", "archive/letter.TestCheckPost lists/relay.TestMissingFields"},
	{"B3", "text is clean UTF-8", "archive/letter.TestCleanText archive/letter.TestDecodeCharset"},
	{"B4", "nothing is unpacked but reports", "smtpd/bounce.TestReadAggregate smtpd/bounce.TestReportsThatAreRefused"},
	{"B5", "no value breaks out of its field", "archive/letter.TestNothingIsSmuggled"},
	{"B6", "no display name poses as somebody else", "lists/relay.TestFromByEvidence lists.TestPoses"},
	{"B7", "pages run nothing", "archive/web.TestHeaders templates.TestRoomPages lists/desk.TestHostilePost"},
	{"B8", "every step is linear", "archive/letter.TestHostileLetters smtpd/bounce.TestHugeReports " +
		"archive/letter.TestScanTimeIsLinear smtpd/mailauth.TestCanonicalizationBombs"},
	{"B9", "our own ids tell nothing", "archive/letter.TestNewMessageID"},

	{"C1", "only From counts, and only when verified", "lists/mailroom.TestC1OnlyFromCounts lists/mailroom.TestC1Verdicts lists.TestDecide"},
	{"C2", "alignment is ours to find, weak signatures are none", "smtpd/mailauth.TestAlignment smtpd/mailauth.TestSignaturesThatCountAsNone"},
	{"C3", "nobody's word about results counts", "lists/mailroom.TestC3ForeignResults"},
	{"C4", "a signature serves once", "lists/mailroom.TestC4ReplayGuard lists/mailroom.TestC4EachSignatureOnce"},
	{"C5", "own addresses write from inside only", "lists/mailroom.TestC5OwnAddresses"},
	{"C6", "a decision needs a token, a proof and a word", "lists/moderation.TestWordsOfAuthors lists/mailroom.TestOthersCannotAnswerAQuestion " +
		"lists/address.TestExpiryUsesAndRevoking"},
	{"C7", "some deeds need more than the machine a letter came from", "lists/backchannel.TestOutcomesThatNeedProof"},
	{"C8", "questions to strangers are few", "lists/membership.TestFirstLettersAreFew"},
	{"C9", "addresses are compared bytewise", "lists/mailroom.TestC9Comparing smtpd/mailauth.TestWithin"},
	{"C10", "nobody floods a list", "lists/mailroom.TestTooManyPosts lists.TestDecide lists/backchannel.TestLock"},

	{"D1", "which bounces count", "lists/returns.TestWhatDoesNotCount lists.TestADayCountsOnce " +
		"lists/returns.TestADeadAddress lists/returns.TestAStormOfBounces"},
	{"D2", "robots are refused, and not answered", "lists/mailroom.TestOneOfSeveralAddressesHearsRobots lists/backchannel.TestOutOfOffice " +
		"smtpd/bounce.TestRobot"},
	{"D3", "loops end", "lists/mailroom.TestI8Loops lists/notice.TestEnoughAnswers " +
		"smtpd/bounce.TestLoop lists/mailroom.TestWhatWeSentIsNotTakenBack lists.TestRefusals"},
	{"D4", "whose complaints count", "lists/returns.TestAComplaint lists/returns.TestForgedComplaints"},

	{"E1", "a host may say so much and no more", "smtpd/courier.TestTalkativeHost smtpd/courier.TestZoo/endless-ehlo"},
	{"E2", "slow hosts hold up nobody", "smtpd/queue.TestOperatorsShare smtpd/queue.TestTarpitsHoldUpNobody " +
		"smtpd/courier.TestZoo/direct-first-host-is-silent smtpd/courier.TestZoo/direct-tarpit"},
	{"E3", "nobody's DNS sends us home", "smtpd/courier.TestPublic cmd/backchannel.TestDirectReachesNobodyHere"},
	{"E4", "the DNS costs little", "smtpd/courier.TestZoo/direct-hundred-mx smtpd/mailauth.TestDNSWithoutAnswers smtpd/mailauth.TestTimeLimits"},
	{"E5", "an ambiguous end is tried again", "smtpd/courier.TestZoo/end-close smtpd/courier.TestZoo/direct-lost-after-the-dot"},
	{"E6", "what leaves is strict", "smtpd/courier.TestCheck archive/letter.TestRecode lists/relay.TestLongLines"},

	{"F1", "opening changes nothing, leaving is one click", "lists/desk.TestOneClickLeavesOneList lists/desk.TestOpeningEveryAddressChangesNothing"},
	{"F2", "the button's address stands in the header alone", "digest.TestTheButtonOfAnIssue lists/desk.TestOneClickLeavesOneList"},
	{"F3", "IMAP before the login is small", "archive/imapd.TestTooManyGuessesEndTheConnection lists/desk.TestGuessingLocksOutTheGuesserAlone " +
		"archive/imapd.TestTheDoorCounts archive/imapd.TestDelayGrowsByNetwork archive/imapd.TestStrangersHaveLittle archive/imapd.TestLettersAreFiledOnlyWhereTheyMay archive/imapd.TestMailboxNames archive/imapd.TestSearchHasABudget"},
	{"F4", "secrets are found by hash", "lists/address.TestAStolenDatabaseHoldsNoToken"},

	{"M1", "one return path for a member", "lists/relay.TestPersonalFields lists/mailroom.TestAPostIsRelayed"},
	{"M2", "From stays by evidence", "lists/relay.TestFromByEvidence lists/relay.TestFromAndReplyTo"},
	{"M3", "the fields of a list", "lists/relay.TestPersonalFields lists/relay.TestFeedback " +
		"lists/relay.TestListFields lists/desk.TestOneClickLeavesOneList lists/desk.TestArchivedAt"},
	{"M4", "robots of ours say so", "lists/notice.TestHowALetterTravels"},
	{"M5", "what does not travel on", "lists/relay.TestWhatDoesNotTravel lists/relay.TestForeignListFields"},
	{"M6", "what is signed, and how", "smtpd/mailauth.TestSign"},
	{"M7", "a body is hashed once", "smtpd/mailauth.TestBodyIsReadOnce"},
	{"M8", "SPF of the envelope's domain", "cmd/internal/doctor.TestRecords"},
	{"M9", "a seal comes last", "smtpd/courier.TestSealsAreMadeLast lists/relay.TestChainOfHands"},
	{"M10", "weak hosts get what they can carry", "smtpd/courier.TestWeakHosts archive/letter.TestRecode"},
	{"M11", "when a copy is tried again", "smtpd/queue.TestRetryCalendar smtpd/queue.TestRetriesSpread"},
	{"M12", "how long a host may take", "smtpd/courier.TestZoo/silence-at-greeting smtpd/courier.TestZoo/mail-silence smtpd/courier.TestZoo/rcpt-silence " +
		"smtpd/courier.TestZoo/data-silence smtpd/courier.TestZoo/body-stall smtpd/courier.TestZoo/end-silence"},
	{"M13", "who wants a rest gets one", "smtpd/queue.TestPausesOutliveTheProcess smtpd/queue.TestTheRestOfAWayOutlivesTheProcess smtpd/courier.TestTwentyPerConnection " +
		"smtpd/queue.TestOperatorGetsMoreAndMore smtpd/queue.TestLaneHears"},
	{"M14", "TLS always, MTA-STS where it is published", "smtpd/courier.TestZoo/tls-offered smtpd/courier.TestPoliciesAreKept cmd/backchannel.TestTheOpenPorts"},
	{"M15", "name and address agree; a new sender begins slowly", "cmd/internal/doctor.TestRecords smtpd/queue.TestWarmup " +
		"smtpd/courier.TestZoo/direct-ipv6-with-another-ptr"},
	{"M16", "when complaints are too many", "cmd/internal/doctor.TestComplaintsM16"},
	{"M17", "reports are read, then words", "lists/returns.TestWhatDoesNotCount smtpd/bounce.TestMisc"},
	{"M18", "what a failure weighs", "smtpd/bounce.TestClass lists.TestWeigh"},
	{"M19", "paused after a probe, never removed", "lists/returns.TestADeadAddress lists.TestTally " +
		"lists/returns.TestAProbeThatArrives lists.TestPauseAndResume lists/returns.TestWhoIsHeard"},
	{"M20", "who complains is off that list", "lists/returns.TestAComplaint"},
	{"M21", "reports of others are read", "smtpd/bounce.TestReadAggregate digest/report.TestM21Sentences"},
	{"M22", "postmaster and abuse are heard; doctor looks at the records", "lists/mailroom.TestPostmasterHearsMachines cmd/internal/doctor.TestRecords"},
}

func TestMailRules(t *testing.T) {
	checkProofs(t, mailRules)
	there := map[string]bool{}
	for _, r := range mailRules {
		there[r.id] = true
	}
	for kind, most := range map[string]int{"P": 16, "ST": 6, "A": 14, "B": 9, "C": 10, "D": 4, "E": 6, "F": 4, "M": 22} {
		for n := range most {
			if id := fmt.Sprint(kind, n+1); !there[id] {
				t.Errorf("%s is missing", id)
			}
		}
	}
}

// checkProofs fails for every rule whose proof is not there, or does not name it.
func checkProofs(t *testing.T, all []rule) {
	t.Helper()
	root := filepath.Join("..", "..")
	h, err := loadHouse(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]string{} // the source of each test, with its comment
	for _, p := range h.packages {
		for _, f := range p.files {
			if !f.test || f.ast == nil {
				continue
			}
			for _, d := range f.ast.Decls {
				if fn, is := d.(*ast.FuncDecl); is {
					from := fn.Pos()
					if fn.Doc != nil {
						from = fn.Doc.Pos()
					}
					tests[p.path+"."+fn.Name.Name] = string(f.src[h.fset.Position(from).Offset:h.fset.Position(fn.End()).Offset])
				}
			}
		}
	}
	seen := map[string]bool{}
	for _, r := range all {
		if seen[r.id] || r.proofs == "" {
			t.Errorf("%s stands twice, or has no proof", r.id)
		}
		seen[r.id] = true
		for _, proof := range strings.Fields(r.proofs) {
			pkg, name := path.Split(proof)
			if i := strings.Index(name, "."); i < 0 { // a transcript: package.Test/name
				pkg, name = path.Split(strings.TrimSuffix(pkg, "/"))
			}
			text, there := tests[pkg+name]
			if sub := strings.TrimPrefix(proof, pkg+name); sub != "" && there {
				text = transcript(t, root, path.Join(pkg, strings.SplitN(name, ".", 2)[0]), sub[1:])
			}
			switch {
			case !there:
				t.Errorf("%s (%s): there is no %s", r.id, r.rule, proof)
			case !regexp.MustCompile(`\b` + r.id + `\b|Test[A-Za-z]*` + r.id + `([A-Z]|\b)`).MatchString(text):
				t.Errorf("%s (%s): %s does not name it", r.id, r.rule, proof)
			}
		}
	}
}

// transcript is the text of a file below the testdata of a package.
func transcript(t *testing.T, root, pkg, name string) string {
	t.Helper()
	all, _ := filepath.Glob(filepath.Join(root, pkg, "testdata", "*", name+".txt*"))
	if len(all) != 1 {
		t.Errorf("%s has %d files of the name %s", pkg, len(all), name)
		return ""
	}
	b, err := os.ReadFile(all[0])
	if err != nil {
		t.Error(err)
	}
	return string(b)
}
