package engine

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// requestLimit ends a request that the engine never answers: Elasticsearch
// does not when a search runs out of stack.
const requestLimit = 2 * time.Minute

// httpClient is shared by all engines. ES|QL answers with a Warning header for
// each expression that met a multi-valued field, so the headers of a long
// query may pass the megabyte that net/http allows by default.
var httpClient = &http.Client{
	Timeout: requestLimit,
	// A redirect would carry events to a server that nobody named.
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{MaxResponseHeaderBytes: 64 << 20, MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute},
}

// A remote is an engine behind HTTP.
type remote struct {
	name  string // of the engine, for errors
	base  string // address without a path
	login Login
}

func newRemote(name, address string, login Login) remote {
	return remote{name: name, base: strings.TrimRight(address, "/"), login: login}
}

// Login is what a server asks of its users: an API key as Elasticsearch gives
// them, a bearer token, or a name and password. The zero value is nobody.
type Login struct {
	APIKey, Token, User, Password string
}

// LoginFromEnv reads the login for a target, such as esql, from the variables
// SIGMATIC_ENGINE_ESQL_API_KEY, …_TOKEN, …_USER and …_PASSWORD. Each target has
// its own, so that no server gets what is meant for another.
func LoginFromEnv(target string, getenv func(string) string) Login {
	prefix := "SIGMATIC_ENGINE_" + strings.ToUpper(target) + "_"
	return Login{getenv(prefix + "API_KEY"), getenv(prefix + "TOKEN"), getenv(prefix + "USER"), getenv(prefix + "PASSWORD")}
}

func (l Login) sign(req *http.Request) {
	switch {
	case l.APIKey != "":
		req.Header.Set("Authorization", "ApiKey "+l.APIKey)
	case l.Token != "":
		req.Header.Set("Authorization", "Bearer "+l.Token)
	case l.User != "":
		req.SetBasicAuth(l.User, l.Password)
	}
}

// do sends a request and returns the body of an answer with status 200 or 201.
func (r remote) do(ctx context.Context, method, path, contentType string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, r.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.name, err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	r.login.sign(req)
	res, err := httpClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.name, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, fmt.Errorf("%s: the answer was cut: %w", r.name, err)
	}
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusCreated {
		return nil, &QueryError{Engine: r.name, Status: res.StatusCode, Body: string(answer)}
	}
	return answer, nil
}

// doJSON sends in as JSON and reads the answer into out, if there is one.
func (r remote) doJSON(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	answer, err := r.do(ctx, method, path, "application/json", body)
	if err != nil || out == nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(answer))
	d.UseNumber()
	if err := d.Decode(out); err != nil {
		return fmt.Errorf("%s: cannot read the answer: %w", r.name, err)
	}
	return nil
}

// newRun returns a name that no other Load has.
func newRun() string {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
