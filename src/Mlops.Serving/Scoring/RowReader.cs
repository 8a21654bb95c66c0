namespace Mlops.Serving;

/// <summary>Takes rows from a source in portions: at least one, and as many more as are there without waiting. Not thread-safe.</summary>
internal sealed class RowReader<T>(IAsyncEnumerator<T> source, int maximum) : IAsyncDisposable
{
    private Task<bool>? _next;

    /// <summary>The next portion; <c>null</c> after the last.</summary>
    public async Task<List<T>?> ReadAsync()
    {
        var rows = new List<T>(maximum);
        while (rows.Count < maximum)
        {
            Task<bool> next = _next ?? source.MoveNextAsync().AsTask();
            _next = next;

            // A source that fails is heard of when those before it have been handed over.
            if (rows.Count > 0 && !next.IsCompletedSuccessfully)
                return rows;
            if (!await next.ConfigureAwait(false))
                return rows.Count > 0 ? rows : null;
            rows.Add(source.Current);
            _next = null;
        }

        return rows;
    }

    /// <summary>Disposes of the source, once a row that it is being asked for has come. Not before <see cref="ReadAsync"/> has completed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_next is not null)
            await ((Task)_next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await source.DisposeAsync().ConfigureAwait(false);
    }
}
