package letter

import (
	"slices"
	"strings"
)

// AutoSubmitted is what a letter says of how it came to be sent (RFC 3834 §5): the first word of that field that is not "no", in small
// letters; "" when a person sent it, as far as that field tells.
func (l *Letter) AutoSubmitted() string {
	for _, v := range l.Fields("Auto-Submitted") {
		word := strings.ToLower(strings.TrimSpace(v))
		if i := strings.IndexAny(word, "; \t("); i >= 0 {
			word = word[:i]
		}
		if word != "no" && word != "" {
			return word
		}
	}
	return ""
}

// programFields begin the names of fields that only programs write which report to people: trackers, hosts of code, builds, monitors.
var programFields = []string{
	"x-github-", "x-gitlab-", "x-gitea-", "x-forgejo-", "x-gerrit-", "x-phabricator-", "x-bitbucket-", "x-jenkins-", "x-buildbot-", "x-buildkite-", "x-travis-", "x-hudson-",
	"x-jira-", "x-bugzilla-", "x-redmine-", "x-trac-", "x-launchpad-", "x-mantis-", "x-debian-pr-", "x-zammad-", "x-sentry-", "x-nagios-", "x-icinga-", "x-zabbix-",
	"x-pagerduty-", "x-cron-env", "x-git-", "x-svn-",
}

// programNames are local parts under which programs write, and no person.
var programNames = []string{
	"noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "do_not_reply", "jenkins", "hudson", "buildbot", "nagios", "icinga", "zabbix", "jira", "bugzilla", "gitlab",
	"gitea", "github", "gerrit", "gitbox", "git", "svn", "cron", "cronjob", "monitoring", "uptime", "sonar", "nexus", "automation",
}

// ByProgram tells whether a letter's header says that a program wrote it, which may stand on a list all the same: a build that failed, an
// issue that somebody opened elsewhere, a monitor. Nobody waits for an answer to it, and it is no answer of a person.
func (l *Letter) ByProgram() bool {
	return l.AutoSubmitted() != "" || slices.ContainsFunc(l.header.fields, func(f field) bool {
		name := f.name()
		return startsFold(name, "x-") && slices.ContainsFunc(programFields, func(begins string) bool { return startsFold(name, begins) })
	})
}

// OfProgram tells whether an address is one under which programs write, and no person.
func (a Address) OfProgram() bool {
	name := strings.ToLower(a.Local)
	return slices.Contains(programNames, name) || strings.HasSuffix(name, "-daemon") || strings.HasSuffix(name, "-robot") || strings.HasSuffix(name, "-noreply") ||
		strings.HasSuffix(name, "-no-reply") || strings.HasPrefix(name, "noreply-") || strings.HasPrefix(name, "noreply+")
}
