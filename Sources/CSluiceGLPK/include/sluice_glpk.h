// GLPK behind calls that report failure instead of ending the process.
//
// GLPK answers misuse and lack of memory by a call to its error hook and then abort(). Each function here sets a jump
// point first and leaves GLPK from the hook by longjmp; only C frames stand between the two. After a failure the whole
// GLPK environment of the thread is freed, and with it every problem: none may be touched any more.
//
// GLPK keeps its memory in thread-local storage: create, solve, read and free on one thread.

#ifndef SLUICE_GLPK_H
#define SLUICE_GLPK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// maximise c x, rows <= limit, 0 <= x <= 1. Columns come compressed; row numbers count from 0.
struct sluice_model {
    int32_t columns;
    int32_t rows;
    const double *objective;
    const double *row_limit;
    const int32_t *column_start;
    const int32_t *entry_row;
    const double *entry_value;
    bool integer;
};

struct sluice_result {
    int32_t status; // enum sluice_status
    double bound;
    char message[256];
};

enum sluice_status {
    SLUICE_OPTIMAL = 0,
    SLUICE_FEASIBLE = 1,
    SLUICE_STOPPED = 2,
    SLUICE_INFEASIBLE = 3,
    SLUICE_FAILED = 4,
};

// Answers non-zero once the solve is to end.
typedef int (*sluice_should_stop)(void *context);

// Solves `model` by branch and cut (or the simplex, where it is not integer). `values` holds model->columns numbers:
// the incumbent on entry where `has_incumbent`, the answer on return. `duals`, where not NULL, receives the rows' duals
// of a model that is not integer.
void sluice_glpk_solve(
    const struct sluice_model *model, double *values, bool has_incumbent, double *duals, double seconds_limit,
    sluice_should_stop should_stop, void *context, struct sluice_result *result);

// A linear master that grows by columns and keeps its basis between solves.
struct sluice_master;
struct sluice_master *sluice_master_create(int32_t rows, const double *row_limit, struct sluice_result *result);
// Adds columns 0 <= x; answers false after a failure, when the master is gone.
bool sluice_master_add(struct sluice_master *master, const struct sluice_model *columns, struct sluice_result *result);
bool sluice_master_solve(
    struct sluice_master *master, double *duals, double *objective, sluice_should_stop should_stop, void *context,
    struct sluice_result *result);
// Frees the master and the thread's GLPK environment; NULL frees the environment alone.
void sluice_master_free(struct sluice_master *master);

// A linear relaxation, 0 <= x <= 1, that grows by rows and keeps its basis between solves. Rows and columns count from
// 0. Whatever answers false has failed, and the relaxation is gone; free it all the same.
struct sluice_relaxation;
struct sluice_relaxation *sluice_relaxation_create(const struct sluice_model *model, struct sluice_result *result);
// Adds rows <= limit, compressed by rows.
bool sluice_relaxation_add_rows(
    struct sluice_relaxation *relaxation, int32_t count, const double *limit, const int32_t *start,
    const int32_t *column, const double *value, struct sluice_result *result);
// Deletes rows, given in ascending order; those behind move up.
bool sluice_relaxation_delete_rows(
    struct sluice_relaxation *relaxation, int32_t count, const int32_t *rows, struct sluice_result *result);
bool sluice_relaxation_set_objective(
    struct sluice_relaxation *relaxation, int32_t column, double value, struct sluice_result *result);
// Solves by the dual simplex. `values` and `at_upper` hold a number a column, `duals` and `row_basic` one a row;
// `column_basic` one a column. result->status tells optimal, stopped or infeasible.
bool sluice_relaxation_solve(
    struct sluice_relaxation *relaxation, double *values, double *duals, bool *column_basic, bool *at_upper,
    bool *row_basic, double seconds_limit, sluice_should_stop should_stop, void *context,
    struct sluice_result *result);
// The simplex tableau's row of a basic column. Writes the coefficients of the activities of rows that are not basic and
// answers how many; -1 after a failure.
int32_t sluice_relaxation_tableau(
    struct sluice_relaxation *relaxation, int32_t column, int32_t *rows, double *coefficients,
    struct sluice_result *result);
// Frees the relaxation and the thread's GLPK environment.
void sluice_relaxation_free(struct sluice_relaxation *relaxation);

// Provokes a failure inside GLPK, for tests of the way back.
void sluice_glpk_provoke(struct sluice_result *result);
// Bytes that GLPK holds on this thread.
size_t sluice_glpk_memory(void);

#endif
