namespace Quickstart;

/// <summary>Train on rows [0, <paramref name="Split"/>), validate on [<paramref name="Split"/>, <paramref name="End"/>).</summary>
public readonly record struct TimeFold(int Number, int Split, int End);

/// <summary>Folds that never look ahead: each trains on everything before the block it is judged on.</summary>
public static class TimeFolds
{
    /// <summary>The last <paramref name="folds"/> blocks of <paramref name="blockRows"/> rows, oldest first.</summary>
    /// <param name="rows">Rows at hand; the first fold must keep at least one block to train on.</param>
    /// <param name="folds">1 or more.</param>
    /// <param name="blockRows">1 or more.</param>
    public static IReadOnlyList<TimeFold> Expanding(int rows, int folds, int blockRows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(folds, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockRows, 1);
        int first = rows - (folds * blockRows);
        if (first < blockRows)
            throw new ArgumentException($"{folds} folds of {blockRows} rows need at least {(folds + 1) * blockRows} rows; there are {rows}.", nameof(rows));
        return [.. Enumerable.Range(0, folds).Select(i => new TimeFold(i, first + (i * blockRows), first + ((i + 1) * blockRows)))];
    }
}
