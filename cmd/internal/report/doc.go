// Package report writes the tables of commands that read logs, in the forms that
// people and programs take them in. It knows nothing of what is in them.
package report
