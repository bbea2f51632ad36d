"""Cosines of one vector with every row of a matrix; compiled once for each instruction set.

The norms of the rows are computed in the same pass as the dot products: the pass is bound by memory,
so they cost next to nothing, and nothing cached can be out of date.
"""

from libc.math cimport log
from libc.stddef cimport ptrdiff_t

ctypedef signed char schar

cdef extern from "query/_cosine.h":
    void cosines_f32(
        const float* rows, ptrdiff_t n, ptrdiff_t stride, ptrdiff_t size, const float* query, float* out
    ) noexcept nogil
    void cosines_f64(
        const double* rows, ptrdiff_t n, ptrdiff_t stride, ptrdiff_t size, const double* query, double* out
    ) noexcept nogil
    void cosines_i8(
        const signed char* rows, ptrdiff_t n, ptrdiff_t stride, ptrdiff_t size, const float* query, float* out
    ) noexcept nogil
    double logits_f32(
        const float* rows, ptrdiff_t n, ptrdiff_t stride, ptrdiff_t size, const float* vector, float* out
    ) noexcept nogil
    void unit_rows_f32(const float* rows, ptrdiff_t n, ptrdiff_t stride, ptrdiff_t size, float* out) noexcept nogil
    void unit_rows_f64(const double* rows, ptrdiff_t n, ptrdiff_t stride, ptrdiff_t size, double* out) noexcept nogil
    void lengths_f32(const float* rows, ptrdiff_t n, ptrdiff_t stride, ptrdiff_t size, double* out) noexcept nogil
    void lengths_f64(const double* rows, ptrdiff_t n, ptrdiff_t stride, ptrdiff_t size, double* out) noexcept nogil

    void centralities_f32(const float* rows, ptrdiff_t n, ptrdiff_t size, double* mean, float* out) noexcept nogil
    void centralities_f64(const double* rows, ptrdiff_t n, ptrdiff_t size, double* mean, double* out) noexcept nogil

ctypedef fused stored:
    float
    double
    schar

ctypedef fused real:
    float
    double


cdef int check_strides(ptrdiff_t size, ptrdiff_t to_row, ptrdiff_t to_number, ptrdiff_t number) except -1:
    """Raise a ValueError unless numbers of ``number`` bytes lie beside each other in a row."""
    if size > 1 and to_number != number or to_row % number:
        raise ValueError("the numbers of a row must be contiguous and aligned")
    return 0


def cosines(const stored[:, :] rows, const real[::1] query, real[::1] out):
    """Write the cosine of every row with the unit vector ``query`` into ``out``.

    Parameters
    ----------
    rows : float32, float64 or int8, shape (n, d)
        The numbers of a row must be contiguous; the stride between rows is free.
    query : float64 for float64 rows, else float32, shape (d,)
        Must have length 1.
    out : dtype of ``query``, shape (n,)
        Rows of zeros get 0.

    Raises
    ------
    ValueError
        If shapes or strides do not fit.
    TypeError
        If the number types do not.
    """
    cdef ptrdiff_t n = rows.shape[0], size = rows.shape[1], stride = rows.strides[0] // <ptrdiff_t>sizeof(stored)
    if query.shape[0] != size or out.shape[0] != n:
        raise ValueError(f"rows {n} x {size}: query has {query.shape[0]} numbers, out {out.shape[0]}")
    check_strides(size, rows.strides[0], rows.strides[1], sizeof(stored))
    if n == 0 or size == 0:
        out[:] = 0
        return
    if stored is float and real is float:
        with nogil:
            cosines_f32(&rows[0, 0], n, stride, size, &query[0], &out[0])
    elif stored is double and real is double:
        with nogil:
            cosines_f64(&rows[0, 0], n, stride, size, &query[0], &out[0])
    elif stored is schar and real is float:
        with nogil:
            cosines_i8(&rows[0, 0], n, stride, size, &query[0], &out[0])
    else:
        raise TypeError("float64 rows need a float64 query, float32 and int8 rows a float32 one")


def logits(const float[:, :] rows, const float[::1] vector, float[::1] out):
    """Write the product of every row with ``vector`` into ``out``; return the logarithm of the sum of their exponentials.

    Parameters
    ----------
    rows : float32, shape (n, d)
        The numbers of a row must be contiguous; the stride between rows is free.
    vector : float32, shape (d,)
    out : float32, shape (n,)

    Returns
    -------
    float
        NaN if a product is not finite; minus infinity without rows.

    Raises
    ------
    ValueError
        If shapes or strides do not fit.
    """
    cdef ptrdiff_t n = rows.shape[0], size = rows.shape[1], stride = rows.strides[0] // <ptrdiff_t>sizeof(float)
    cdef double log_sum
    if vector.shape[0] != size or out.shape[0] != n:
        raise ValueError(f"rows {n} x {size}: the vector has {vector.shape[0]} numbers, out {out.shape[0]}")
    check_strides(size, rows.strides[0], rows.strides[1], sizeof(float))
    if n == 0 or size == 0:
        out[:] = 0
        return log(<double>n)
    with nogil:
        log_sum = logits_f32(&rows[0, 0], n, stride, size, &vector[0], &out[0])
    return log_sum


def unit_rows(const real[:, :] rows, real[:, ::1] out):
    """Write each row at length 1 into ``out``; rows of zeros stay zeros, and of a number that is not finite comes NaN.

    Parameters
    ----------
    rows, out : float32 or float64, shape (n, d)
        The numbers of a row must be contiguous; the stride between the rows of ``rows`` is free.

    Raises
    ------
    ValueError
        If shapes or strides do not fit.
    """
    cdef ptrdiff_t n = rows.shape[0], size = rows.shape[1], stride = rows.strides[0] // <ptrdiff_t>sizeof(real)
    if out.shape[0] != n or out.shape[1] != size:
        raise ValueError(f"rows {n} x {size}: out is {out.shape[0]} x {out.shape[1]}")
    check_strides(size, rows.strides[0], rows.strides[1], sizeof(real))
    if n == 0 or size == 0:
        return
    with nogil:
        if real is float:
            unit_rows_f32(&rows[0, 0], n, stride, size, &out[0, 0])
        else:
            unit_rows_f64(&rows[0, 0], n, stride, size, &out[0, 0])


def unit(const real[:] vector, real[::1] out):
    """Write a vector at length 1 into ``out``, both of shape (d,) and contiguous; as for :func:`unit_rows`."""
    cdef ptrdiff_t size = vector.shape[0]
    if out.shape[0] != size:
        raise ValueError(f"a vector of {size} numbers: out has {out.shape[0]}")
    if size == 0:
        return
    check_strides(size, 0, vector.strides[0], sizeof(real))
    if real is float:
        unit_rows_f32(&vector[0], 1, size, size, &out[0])
    else:
        unit_rows_f64(&vector[0], 1, size, size, &out[0])


def lengths(const real[:, :] rows, double[::1] out):
    """Write the Euclidean length of each row, shape (n, d), into ``out``, shape (n,); as for :func:`unit_rows`."""
    cdef ptrdiff_t n = rows.shape[0], size = rows.shape[1], stride = rows.strides[0] // <ptrdiff_t>sizeof(real)
    if out.shape[0] != n:
        raise ValueError(f"rows {n} x {size}: out has {out.shape[0]} numbers")
    check_strides(size, rows.strides[0], rows.strides[1], sizeof(real))
    if n == 0 or size == 0:
        out[:] = 0
        return
    with nogil:
        if real is float:
            lengths_f32(&rows[0, 0], n, stride, size, &out[0])
        else:
            lengths_f64(&rows[0, 0], n, stride, size, &out[0])


def centralities(const real[:, ::1] rows, double[::1] mean, real[::1] out):
    """Write the product of each row with the mean of all at length 1 into ``out``.

    Parameters
    ----------
    rows : float32 or float64, shape (n, d)
        A row with a number that is not finite takes no part in the mean, and gets NaN.
    mean : float64, shape (d,)
        Is overwritten.
    out : dtype of ``rows``, shape (n,)

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    cdef ptrdiff_t n = rows.shape[0], size = rows.shape[1]
    if out.shape[0] != n or mean.shape[0] != size:
        raise ValueError(f"rows {n} x {size}: mean has {mean.shape[0]} numbers, out {out.shape[0]}")
    if n == 0 or size == 0:
        out[:] = 0
        return
    if real is float:
        centralities_f32(&rows[0, 0], n, size, &mean[0], &out[0])
    else:
        centralities_f64(&rows[0, 0], n, size, &mean[0], &out[0])
