// Package tap writes the Test Anything Protocol, for the suite of runtime-tools: its programs import a package of this name
// that Debian does not have.
package tap

import (
	"encoding/json"
	"fmt"
	"strings"
)

// T counts the tests of one program.
type T struct {
	count *int
	// what follows the description of a test
	directive string
}

// New returns a T that has written nothing.
func New() *T {
	return &T{count: new(int)}
}

// Todo is the same T, for tests that are known to fail.
func (t *T) Todo() *T {
	return &T{count: t.count, directive: " # TODO"}
}

// Header begins the output; with a number of tests the plan comes first.
func (t *T) Header(tests int) {
	fmt.Println("TAP version 13")
	if tests > 0 {
		fmt.Printf("1..%d\n", tests)
	}
}

// AutoPlan ends the output with the number of tests that there were.
func (t *T) AutoPlan() {
	fmt.Printf("1..%d\n", *t.count)
}

// Ok tells one test.
func (t *T) Ok(passed bool, description string) {
	*t.count++
	word := "ok"
	if !passed {
		word = "not ok"
	}
	fmt.Printf("%s %d - %s%s\n", word, *t.count, description, t.directive)
}

// Pass tells a test that passed.
func (t *T) Pass(description string) {
	t.Ok(true, description)
}

// Fail tells a test that failed.
func (t *T) Fail(description string) {
	t.Ok(false, description)
}

// Skip tells tests that were not run, and why.
func (t *T) Skip(tests int, reason string) {
	for i := 0; i < tests; i++ {
		*t.count++
		fmt.Printf("ok %d # SKIP %s\n", *t.count, reason)
	}
}

// Diagnostic writes lines for a reader.
func (t *T) Diagnostic(message string) {
	for _, line := range strings.Split(strings.TrimSuffix(message, "\n"), "\n") {
		fmt.Println("# " + line)
	}
}

// Diagnosticf is Diagnostic with a format.
func (t *T) Diagnosticf(format string, values ...interface{}) {
	t.Diagnostic(fmt.Sprintf(format, values...))
}

// YAML writes details of the last test, in the part of YAML that is JSON, on one line.
func (t *T) YAML(details interface{}) error {
	text, err := json.Marshal(details)
	if err != nil {
		return err
	}
	fmt.Printf("  ---\n  %s\n  ...\n", text)
	return nil
}
