// Package engine asks real engines which events a query selects.
//
// It speaks to the engines that testdata/engines starts: Elasticsearch for
// ES|QL and Kibana's KQL, VictoriaLogs for LogsQL, and a grammar of SPL, for
// which no engine can be had. It knows nothing of rules: a comparison gives it
// events and the text of a query, and gets identifiers back.
//
// Invariants:
//   - What one value has loaded, no other value selects: many tests may share
//     one running engine.
//   - Load succeeds only if every event can be selected afterwards. Engines
//     drop events without a word; that is counted here.
//   - An answer of the engine that is not a full and valid result is an error,
//     of type *QueryError when the engine judged the query itself.
package engine
