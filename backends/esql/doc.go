package esql
