package main

import "testing"

// leakPaths are the ways by which something private could leave (product.md B15), and failures the cases of which it says what happens
// (B15b), each with where that is shown; as of the rules of mail, every proof names its row.
var leakPaths = []rule{
	{"LP1", "Reply and Reply to all lead to no list", "lists/backchannel.TestCanariesOfLetters digest.TestNoFormatLeadsToTheList lists/moderation.TestMarkedPrivateMailIsHeld"},
	{"LP2", "third parties in Cc get nothing, and the other side hears that there were some", "lists/backchannel.TestManagersMailToOthersAsWell lists/backchannel.TestAColleagueInCc"},
	{"LP3", "quotes are ours, also between the lines", "lists/backchannel.TestAnswersOfMailPrograms lists/backchannel.TestLineAboveAQuote"},
	{"LP4", "signature, telephone, employer", "lists/backchannel.TestLearnedSignature lists/backchannel.TestSlips lists/backchannel.TestEmployer"},
	{"LP5", "names over a letter are made by us", "lists/backchannel.TestCanaries lists/backchannel.TestAnonymousLetter"},
	{"LP6", "Message-ID, Received, addresses of machines, programs, zones", "lists/backchannel.TestCanariesOfLetters lists/backchannel.TestCanaries"},
	{"LP7", "what files tell of their author", "lists/backchannel.TestCanariesOfLetters lists/backchannel.TestAnonymousFiles"},
	{"LP8", "address books", "lists/backchannel.TestAddressBooksStaySane lists/backchannel.TestTokensNeverPublish lists/address.TestSameDoorSameTokenAndOnlyItsOwn"},
	{"LP9", "backups", "lists/backchannel.TestABackupNamesNoVoice lists/backchannel.TestReplayAfterRestore cmd/backchannel.TestScript/forget"},
	{"LP10", "digest, preview and reports", "digest/report.TestAnExcludedManagerIsSentNothing digest/report.TestI9FiguresOfAnExcludedManager digest.TestThePreviewTellsOfNoLetterThatIsHidden"},
	{"LP11", "numbers, counts and gaps", "lists/desk.TestAnExcludedManagerSeesNothing lists/backchannel.TestAuditHidesWhatIsHidden digest/report.TestNeedCells"},
	{"LP12", "a subject, or a code in it, joins nothing", "lists/backchannel.TestASubjectJoinsNothing lists/backchannel.TestOutsidersKeepTheirConversation"},
	{"LP13", "letters of two people are never put together", "lists/backchannel.TestMerge"},
	{"LP14", "a notice that is passed on", "lists/backchannel.TestAForwardedNoticeIsNoAnswer lists/backchannel.TestAMembersDoorInOtherHands"},
	{"LP15", "automatic replies of managers and members", "lists/backchannel.TestOutOfOffice lists/mailroom.TestI8AutomaticReplies"},
	{"LP16", "receipts and pictures that report back", "lists/backchannel.TestCanariesOfLetters lists/mailroom.TestI8Corpus"},
	{"LP17", "reports of failed delivery that quote", "lists/backchannel.TestAnAnswerThatIsLost lists/mailroom.TestBouncesAreHeardByTheirPathAlone"},
	{"LP18", "archive, search and IMAP", "cmd/backchannel.TestPrivateWordsLeaveByNoDoor lists/desk.TestPrivateLettersAreOnNoPage lists/desk.TestExcludedSeesNothing"},
	{"LP19", "logs, metrics and the command line", "cmd/backchannel.TestPrivateWordsLeaveByNoDoor cmd/backchannel.TestTheLogNamesNobody"},
	{"LP20", "who looks through mail for others", "lists/backchannel.TestPrivateLettersAreNotForScanners"},

	{"FC1", "a manager answers from another address", "lists/backchannel.TestAnAnswerFromAnotherAddress lists/backchannel.TestAFoundAddressAsksThreeTimes"},
	{"FC2", "a manager lost the role, or was excluded, before the reply", "lists/backchannel.TestAManagerNoLonger lists/backchannel.TestExcludedBeforeTheReply"},
	{"FC3", "a manager's mailbox in wrong hands", "lists/backchannel.TestLock lists/backchannel.TestUnseal lists/backchannel.TestRemovalNeedsAYes lists/backchannel.TestOutcomesThatNeedProof lists/backchannel.TestNoOutcomeRemovesAManager"},
	{"FC4", "a member's address changes under way", "lists/backchannel.TestAnswersFollowTheMember lists/backchannel.TestALetterFromElsewhere lists/membership.TestLettersFollowTheMember"},
	{"FC5", "somebody leaves, or is removed, with an open letter", "lists/backchannel.TestWhoIsGoneIsStillHeard"},
	{"FC6", "two managers answer within seconds", "lists/backchannel.TestManagersAtOnce"},
	{"FC7", "a member writes while a manager does", "lists/backchannel.TestStrictCollision"},
	{"FC8", "everybody on duty is away", "lists/backchannel.TestRotaFallsBack"},
	{"FC9", "the ombuds' address bounces", "digest.TestMorningBriefTellsOfTheLostOmbuds lists/returns.TestTheOmbuds cmd/internal/doctor.TestReturnedMail"},
	{"FC10", "somebody outside writes to the managers", "lists/backchannel.TestAcknowledgementOfOutsiders lists/mailroom.TestStrangersComeTwice lists/backchannel.TestLedger"},
	{"FC11", "a flood of letters", "lists/backchannel.TestLettersADay lists/backchannel.TestAnonymousRefusals"},
	{"FC12", "a letter that is too large, or of a kind that is not taken", "smtpd.TestTooLarge lists/backchannel.TestAttachmentsAreNamed"},
	{"FC13", "a language that no manager reads", "lists/backchannel.TestALetterInAnotherLanguage"},
	{"FC14", "an encrypted letter", "lists/backchannel.TestEncryptedLetters"},
	{"FC15", "a command with a slip", "lists/backchannel.TestSlips lists/backchannel.TestATextForAReturnedCommand"},
	{"FC16", "nothing is left after trimming, or it is not sure what", "lists/backchannel.TestAnswersOfMailPrograms lists/backchannel.TestNoWordsAreLost"},
	{"FC17", "a backup is restored", "lists/backchannel.TestReplayAfterRestore cmd/backchannel.TestScript/forget smtpd/queue.TestRestoredQueueIsHeld"},
}

func TestLeakPaths(t *testing.T) { checkProofs(t, leakPaths) }
