#include "sluice_glpk.h"

#include <glpk.h>
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// The jump point and last words of this thread's GLPK.
static _Thread_local jmp_buf jump;
static _Thread_local char last_words[256];

static int collect(void *info, const char *text) {
    (void)info;
    // The hook is called after the message was printed; what the terminal would show is kept here instead.
    size_t length = strlen(last_words);
    if (length + 1 < sizeof last_words) {
        snprintf(last_words + length, sizeof last_words - length, "%s", text);
    }
    return 1; // not to the terminal
}

static void leave(void *info) {
    (void)info;
    longjmp(jump, 1);
}

static void enter(void) {
    last_words[0] = 0;
    glp_term_hook(collect, NULL);
    glp_error_hook(leave, NULL);
}

static void fail(struct sluice_result *result) {
    result->status = SLUICE_FAILED;
    snprintf(result->message, sizeof result->message, "%s", last_words[0] ? last_words : "GLPK failed");
    for (char *c = result->message; *c; c++) {
        if (*c == '\n') *c = ' ';
    }
    glp_error_hook(NULL, NULL);
    glp_free_env();
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

struct search {
    sluice_should_stop should_stop;
    void *context;
    const double *incumbent; // from index 1; NULL once given
    double deadline;
    double bound; // of the best open node
};

static void in_search(glp_tree *tree, void *info) {
    struct search *search = info;
    if (glp_ios_reason(tree) == GLP_ISELECT) {
        int best = glp_ios_best_node(tree);
        if (best) {
            double bound = glp_ios_node_bound(tree, best);
            if (bound < search->bound) search->bound = bound;
        }
    }
    if (seconds() >= search->deadline || search->should_stop(search->context)) {
        glp_ios_terminate(tree);
        return;
    }
    if (glp_ios_reason(tree) == GLP_IHEUR && search->incumbent) {
        glp_ios_heur_sol(tree, search->incumbent);
        search->incumbent = NULL;
    }
}

static void add_rows(glp_prob *problem, int32_t count, const double *limit) {
    if (count > 0) glp_add_rows(problem, count);
    for (int32_t i = 0; i < count; i++) glp_set_row_bnds(problem, i + 1, GLP_UP, 0, limit[i]);
}

static void add_columns(glp_prob *problem, const struct sluice_model *model, bool unit, int *rows, double *entries) {
    int first = glp_add_cols(problem, model->columns);
    for (int32_t j = 0; j < model->columns; j++) {
        glp_set_col_bnds(problem, first + j, unit ? GLP_DB : GLP_LO, 0, 1);
        glp_set_obj_coef(problem, first + j, model->objective[j]);
        if (model->integer) glp_set_col_kind(problem, first + j, GLP_BV);
        int count = 0;
        for (int32_t k = model->column_start[j]; k < model->column_start[j + 1]; k++) {
            rows[++count] = model->entry_row[k] + 1;
            entries[count] = model->entry_value[k];
        }
        glp_set_mat_col(problem, first + j, count, rows, entries);
    }
}

// Simplex in slices of 100 ms, so that a stop is noticed; the basis is kept from slice to slice.
static int relax(glp_prob *problem, int method, double deadline, sluice_should_stop should_stop, void *context) {
    glp_smcp control;
    glp_init_smcp(&control);
    control.msg_lev = GLP_MSG_ERR;
    control.tm_lim = 100;
    control.meth = method;
    for (;;) {
        int code = glp_simplex(problem, &control);
        if (code != GLP_ETMLIM) return code;
        if (seconds() >= deadline || should_stop(context)) return code;
    }
}

// What lives across the jump must not sit in registers.
struct job {
    const struct sluice_model *model;
    double *values;
    double *duals;
    bool has_incumbent;
    double seconds_limit;
    sluice_should_stop should_stop;
    void *context;
    struct sluice_result *result;
    int *rows;
    double *entries;
    double *incumbent;
};

static void solve(struct job *job) {
    const struct sluice_model *model = job->model;
    double deadline = seconds() + job->seconds_limit;
    glp_prob *problem = glp_create_prob();
    glp_set_obj_dir(problem, GLP_MAX);
    add_rows(problem, model->rows, model->row_limit);
    if (model->columns > 0) add_columns(problem, model, true, job->rows, job->entries);
    int code = relax(problem, GLP_PRIMAL, deadline, job->should_stop, job->context);
    job->result->bound = INFINITY;
    job->result->status = SLUICE_STOPPED;
    if (code == 0 && glp_get_status(problem) == GLP_OPT) {
        job->result->bound = glp_get_obj_val(problem);
        if (!model->integer) {
            job->result->status = SLUICE_OPTIMAL;
            for (int32_t j = 0; j < model->columns; j++) job->values[j] = glp_get_col_prim(problem, j + 1);
            if (job->duals) {
                for (int32_t i = 0; i < model->rows; i++) job->duals[i] = glp_get_row_dual(problem, i + 1);
            }
        } else {
            struct search search = {job->should_stop, job->context, job->incumbent, deadline, job->result->bound};
            glp_iocp control;
            glp_init_iocp(&control);
            control.msg_lev = GLP_MSG_ERR;
            control.br_tech = GLP_BR_PCH;
            control.bt_tech = GLP_BT_BPH;
            control.cov_cuts = GLP_ON;
            control.gmi_cuts = GLP_ON;
            control.cb_func = in_search;
            control.cb_info = &search;
            double left = deadline - seconds();
            control.tm_lim = left < 1e-3 ? 1 : left > 1e6 ? 1000000000 : (int)(left * 1000);
            int outcome = glp_intopt(problem, &control);
            int status = glp_mip_status(problem);
            if (status == GLP_OPT || status == GLP_FEAS) {
                for (int32_t j = 0; j < model->columns; j++) job->values[j] = glp_mip_col_val(problem, j + 1);
            }
            job->result->bound = search.bound;
            if (outcome == 0 && status == GLP_OPT) {
                job->result->status = SLUICE_OPTIMAL;
                job->result->bound = glp_mip_obj_val(problem);
            } else if (outcome == 0 && status == GLP_NOFEAS) {
                job->result->status = SLUICE_INFEASIBLE;
            } else if (status == GLP_FEAS) {
                job->result->status = SLUICE_FEASIBLE;
            }
        }
    } else if (code == 0 && glp_get_status(problem) == GLP_NOFEAS) {
        job->result->status = SLUICE_INFEASIBLE;
    }
    glp_delete_prob(problem);
}

void sluice_glpk_solve(
    const struct sluice_model *model, double *values, bool has_incumbent, double *duals, double seconds_limit,
    sluice_should_stop should_stop, void *context, struct sluice_result *result) {
    struct job job = {
        .model = model,
        .values = values,
        .duals = duals,
        .has_incumbent = has_incumbent,
        .seconds_limit = seconds_limit,
        .should_stop = should_stop,
        .context = context,
        .result = result,
        .rows = calloc((size_t)model->rows + 2, sizeof(int)),
        .entries = calloc((size_t)model->rows + 2, sizeof(double)),
        .incumbent = NULL,
    };
    struct job *volatile kept = &job;
    result->message[0] = 0;
    if (has_incumbent) {
        job.incumbent = calloc((size_t)model->columns + 1, sizeof(double));
        if (job.incumbent) {
            for (int32_t j = 0; j < model->columns; j++) job.incumbent[j + 1] = values[j];
        }
    }
    if (!job.rows || !job.entries || (has_incumbent && !job.incumbent)) {
        snprintf(last_words, sizeof last_words, "out of memory");
        fail(result);
    } else {
        enter();
        if (setjmp(jump) == 0) {
            solve(kept);
            glp_error_hook(NULL, NULL);
            glp_free_env();
        } else {
            fail(kept->result);
        }
    }
    free(kept->rows);
    free(kept->entries);
    free(kept->incumbent);
}

struct sluice_master {
    glp_prob *problem;
    int *rows;
    double *entries;
    int32_t row_count;
};

struct sluice_master *sluice_master_create(int32_t rows, const double *row_limit, struct sluice_result *result) {
    struct sluice_master *volatile master = calloc(1, sizeof *master);
    result->message[0] = 0;
    result->status = SLUICE_OPTIMAL;
    if (!master) return NULL;
    master->rows = calloc((size_t)rows + 2, sizeof(int));
    master->entries = calloc((size_t)rows + 2, sizeof(double));
    master->row_count = rows;
    enter();
    if (setjmp(jump) == 0) {
        master->problem = glp_create_prob();
        glp_set_obj_dir(master->problem, GLP_MAX);
        add_rows(master->problem, rows, row_limit);
        return master;
    }
    fail(result);
    master->problem = NULL;
    sluice_master_free(master);
    return NULL;
}

bool sluice_master_add(struct sluice_master *master, const struct sluice_model *columns, struct sluice_result *result) {
    struct sluice_master *volatile kept = master;
    enter();
    if (setjmp(jump) == 0) {
        if (columns->columns > 0) add_columns(kept->problem, columns, false, kept->rows, kept->entries);
        return true;
    }
    fail(result);
    kept->problem = NULL;
    return false;
}

bool sluice_master_solve(
    struct sluice_master *master, double *duals, double *objective, sluice_should_stop should_stop, void *context,
    struct sluice_result *result) {
    struct sluice_master *volatile kept = master;
    enter();
    if (setjmp(jump) == 0) {
        int code = relax(kept->problem, GLP_PRIMAL, INFINITY, should_stop, context);
        if (code != 0 || glp_get_status(kept->problem) != GLP_OPT) {
            result->status = SLUICE_STOPPED;
            return false;
        }
        for (int32_t i = 0; i < kept->row_count; i++) duals[i] = glp_get_row_dual(kept->problem, i + 1);
        *objective = glp_get_obj_val(kept->problem);
        return true;
    }
    fail(result);
    kept->problem = NULL;
    return false;
}

void sluice_master_free(struct sluice_master *master) {
    if (master) {
        if (master->problem) glp_delete_prob(master->problem);
        free(master->rows);
        free(master->entries);
        free(master);
    }
    glp_error_hook(NULL, NULL);
    glp_free_env();
}

struct sluice_relaxation {
    glp_prob *problem;
    // Room for a row or column of the matrix, counted from 1.
    int *indices;
    double *entries;
    int32_t room;
};

static bool reserve(struct sluice_relaxation *relaxation, int32_t room) {
    if (room <= relaxation->room) return true;
    int *indices = realloc(relaxation->indices, ((size_t)room + 2) * sizeof *indices);
    if (indices) relaxation->indices = indices;
    double *entries = realloc(relaxation->entries, ((size_t)room + 2) * sizeof *entries);
    if (entries) relaxation->entries = entries;
    if (!indices || !entries) return false;
    relaxation->room = room;
    return true;
}

static bool lose(struct sluice_relaxation *relaxation, struct sluice_result *result) {
    fail(result);
    relaxation->problem = NULL;
    return false;
}

struct sluice_relaxation *sluice_relaxation_create(const struct sluice_model *model, struct sluice_result *result) {
    struct sluice_relaxation *volatile relaxation = calloc(1, sizeof *relaxation);
    result->message[0] = 0;
    result->status = SLUICE_OPTIMAL;
    if (!relaxation) return NULL;
    if (!reserve(relaxation, model->rows + model->columns)) {
        sluice_relaxation_free(relaxation);
        return NULL;
    }
    enter();
    if (setjmp(jump) == 0) {
        glp_prob *problem = glp_create_prob();
        glp_set_obj_dir(problem, GLP_MAX);
        add_rows(problem, model->rows, model->row_limit);
        if (model->columns > 0) add_columns(problem, model, true, relaxation->indices, relaxation->entries);
        relaxation->problem = problem;
        return relaxation;
    }
    lose(relaxation, result);
    sluice_relaxation_free(relaxation);
    return NULL;
}

bool sluice_relaxation_add_rows(
    struct sluice_relaxation *relaxation, int32_t count, const double *limit, const int32_t *start,
    const int32_t *column, const double *value, struct sluice_result *result) {
    struct sluice_relaxation *volatile kept = relaxation;
    if (count == 0) return true;
    enter();
    if (setjmp(jump) == 0) {
        int first = glp_add_rows(kept->problem, count);
        for (int32_t i = 0; i < count; i++) {
            int length = 0;
            for (int32_t k = start[i]; k < start[i + 1]; k++) {
                kept->indices[++length] = column[k] + 1;
                kept->entries[length] = value[k];
            }
            glp_set_mat_row(kept->problem, first + i, length, kept->indices, kept->entries);
            glp_set_row_bnds(kept->problem, first + i, GLP_UP, 0, limit[i]);
        }
        return true;
    }
    return lose(kept, result);
}

bool sluice_relaxation_delete_rows(
    struct sluice_relaxation *relaxation, int32_t count, const int32_t *rows, struct sluice_result *result) {
    struct sluice_relaxation *volatile kept = relaxation;
    if (count == 0) return true;
    enter();
    if (setjmp(jump) == 0) {
        for (int32_t i = 0; i < count; i++) kept->indices[i + 1] = rows[i] + 1;
        glp_del_rows(kept->problem, count, kept->indices);
        return true;
    }
    return lose(kept, result);
}

bool sluice_relaxation_set_objective(
    struct sluice_relaxation *relaxation, int32_t column, double value, struct sluice_result *result) {
    struct sluice_relaxation *volatile kept = relaxation;
    enter();
    if (setjmp(jump) == 0) {
        glp_set_obj_coef(kept->problem, column + 1, value);
        return true;
    }
    return lose(kept, result);
}

bool sluice_relaxation_solve(
    struct sluice_relaxation *relaxation, double *values, double *duals, bool *column_basic, bool *at_upper,
    bool *row_basic, double seconds_limit, sluice_should_stop should_stop, void *context,
    struct sluice_result *result) {
    struct sluice_relaxation *volatile kept = relaxation;
    if (!reserve(relaxation, glp_get_num_rows(relaxation->problem) + glp_get_num_cols(relaxation->problem))) {
        result->status = SLUICE_STOPPED;
        return true;
    }
    enter();
    if (setjmp(jump) == 0) {
        glp_prob *problem = kept->problem;
        double deadline = seconds() + seconds_limit;
        int code = relax(problem, GLP_DUALP, deadline, should_stop, context);
        if (code == GLP_EBADB || code == GLP_ESING || code == GLP_ECOND) {
            // Without the rows that were deleted the basis is none any more.
            glp_std_basis(problem);
            code = relax(problem, GLP_DUALP, deadline, should_stop, context);
        }
        int status = glp_get_status(problem);
        result->status = SLUICE_STOPPED;
        if (code == 0 && status == GLP_NOFEAS) result->status = SLUICE_INFEASIBLE;
        if (code != 0 || status != GLP_OPT) return true;
        result->status = SLUICE_OPTIMAL;
        result->bound = glp_get_obj_val(problem);
        int columns = glp_get_num_cols(problem);
        int rows = glp_get_num_rows(problem);
        for (int j = 0; j < columns; j++) {
            values[j] = glp_get_col_prim(problem, j + 1);
            column_basic[j] = glp_get_col_stat(problem, j + 1) == GLP_BS;
            at_upper[j] = glp_get_col_stat(problem, j + 1) == GLP_NU;
        }
        for (int i = 0; i < rows; i++) {
            duals[i] = glp_get_row_dual(problem, i + 1);
            row_basic[i] = glp_get_row_stat(problem, i + 1) == GLP_BS;
        }
        return true;
    }
    return lose(kept, result);
}

int32_t sluice_relaxation_tableau(
    struct sluice_relaxation *relaxation, int32_t column, int32_t *rows, double *coefficients,
    struct sluice_result *result) {
    struct sluice_relaxation *volatile kept = relaxation;
    enter();
    if (setjmp(jump) == 0) {
        glp_prob *problem = kept->problem;
        if (!glp_bf_exists(problem) && glp_factorize(problem) != 0) return 0;
        int row_count = glp_get_num_rows(problem);
        int length = glp_eval_tab_row(problem, row_count + column + 1, kept->indices, kept->entries);
        int32_t count = 0;
        for (int k = 1; k <= length; k++) {
            if (kept->indices[k] > row_count) continue;
            rows[count] = kept->indices[k] - 1;
            coefficients[count++] = kept->entries[k];
        }
        return count;
    }
    lose(kept, result);
    return -1;
}

void sluice_relaxation_free(struct sluice_relaxation *relaxation) {
    if (relaxation) {
        if (relaxation->problem) glp_delete_prob(relaxation->problem);
        free(relaxation->indices);
        free(relaxation->entries);
        free(relaxation);
    }
    glp_error_hook(NULL, NULL);
    glp_free_env();
}

void sluice_glpk_provoke(struct sluice_result *result) {
    result->message[0] = 0;
    result->status = SLUICE_OPTIMAL;
    enter();
    if (setjmp(jump) == 0) {
        glp_prob *problem = glp_create_prob();
        glp_add_rows(problem, 3);
        glp_set_row_bnds(problem, 17, GLP_UP, 0, 1); // there is no row 17
        return;
    }
    fail(result);
}

size_t sluice_glpk_memory(void) {
    int count, peak_count;
    size_t total, peak;
    glp_mem_usage(&count, &peak_count, &total, &peak);
    glp_free_env();
    return total;
}
