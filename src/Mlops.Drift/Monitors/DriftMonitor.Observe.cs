using System.Data.Common;

namespace Mlops.Drift;

public partial class DriftMonitor
{
    private static readonly TimeSpan RoomDelay = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// Observes one row of a schema made by <see cref="DriftSchema.Create"/>. Never throws; a row that does not fit is counted. The remarks of
    /// <see cref="DriftMonitor"/> say what it costs.
    /// </summary>
    /// <param name="numbers">The numeric columns in the schema's order, the prediction among them; <see cref="DriftSchema.Missing"/> where absent.</param>
    /// <param name="texts">The categorical columns in the schema's order; null where missing.</param>
    /// <param name="id">Names the prediction, so that its label can follow; none by default.</param>
    /// <param name="at">When the row happened; null for now.</param>
    /// <param name="modelVersion">The digest of the version that predicted; null for the live one.</param>
    public void Observe(
        ReadOnlySpan<double> numbers,
        ReadOnlySpan<string?> texts = default,
        PredictionKey id = default,
        DateTimeOffset? at = null,
        string? modelVersion = null)
    {
        if (numbers.Length != Schema.NumericCount || texts.Length != Schema.CategoricalCount)
        {
            if (Interlocked.Increment(ref _malformedRows) == 1)
                DriftLog.MalformedRow(_services.Logger, Name, numbers.Length, texts.Length, Schema.NumericCount, Schema.CategoricalCount);
            return;
        }

        RowFacts facts = new()
        {
            Id = id,
            Label = DriftSchema.Missing,
            Ticks = at?.UtcTicks ?? RowFacts.NoTime,
            Version = modelVersion,
        };
        Take(numbers, texts, ref facts);
    }

    /// <summary>
    /// Observes the rows of a database up to its end, for history or a service that writes its requests there first. Unlike a live row, one that
    /// cannot be read throws, with all rows before it observed.
    /// </summary>
    /// <param name="reader">Positioned before the first row, with the columns of the schema and those that it names beside them. It is not closed.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The number of rows. None is dropped: where live rows would be, reading waits.</returns>
    /// <exception cref="ArgumentException">A column is missing or one too many.</exception>
    /// <exception cref="DriftException">A value is not of its column's kind.</exception>
    public async Task<long> ObserveAsync(DbDataReader reader, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        DriftSchema<DbDataReader> bound = DataReaderColumns.Bind(Schema, reader);
        RowScratch scratch = RowScratch.Rent(Schema);
        long rows = 0;
        for (; await reader.ReadAsync(cancellationToken).ConfigureAwait(false); rows++)
        {
            bound.Read(in reader, scratch);
            await WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
            Take(scratch.Numbers.AsSpan(0, Schema.NumericCount), scratch.Texts.AsSpan(0, Schema.CategoricalCount), ref scratch.Facts);
        }

        RowScratch.Return(scratch);
        return rows;
    }

    /// <summary>
    /// What really happened to a prediction, whenever it is known. Never throws; costs what a row costs. The first label of a key stands;
    /// <see cref="MonitorStatus.Labels"/> says what became of the others.
    /// </summary>
    public void ObserveLabel(PredictionKey id, double actual)
    {
        if (_buffer.AddLabel(id, actual))
            DrainIfFree();
    }

    /// <summary>Takes a row that fits the schema.</summary>
    private protected void Take(ReadOnlySpan<double> numbers, ReadOnlySpan<string?> texts, ref RowFacts facts)
    {
        if (facts.Ticks == RowFacts.NoTime)
        {
            facts.Ticks = _clock.UtcTicks;
            facts.IsStamped = true;
        }
        else if (facts.Ticks > _clock.UtcTicks + _options.MaximumRowLead.Ticks)
        {
            // One such row would end every window and expire every prediction that waits.
            if (Interlocked.Increment(ref _futureRows) == 1)
                DriftLog.FutureRow(_services.Logger, Name, _options.MaximumRowLead);
            return;
        }

        if (_buffer.Add(numbers, texts, in facts))
            DrainIfFree();
    }

    /// <summary>Takes the buffer in when it is full; while the stored state is awaited, so are its readers.</summary>
    private async ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        while (!_buffer.HasRoom)
        {
            lock (_gate)
                Drain();
            if (!_buffer.HasRoom)
                await Task.Delay(RoomDelay, _services.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private protected void CountFailure(string column, Exception exception)
    {
        Interlocked.Increment(ref _failedRows);
        if (Interlocked.Exchange(ref _failureLogged, 1) == 0)
        {
            // Not the exception itself: its message may hold the value that it could not read.
            DriftLog.SelectorFailed(_services.Logger, Name, column, exception.GetType().Name);
        }
    }

    /// <summary>
    /// Takes a few full blocks in, unless somebody holds the engine: then they wait for the next block or evaluation. More than the one that has just become full, so that a
    /// backlog shrinks; not all, since the caller has a request to answer.
    /// </summary>
    private void DrainIfFree()
    {
        if (!_gate.TryEnter())
            return;
        try
        {
            for (int taken = 0; taken < MaximumBlocksPerCall && !_isHeld && _buffer.Take(onlyFull: true) is { } block; taken++)
                Process(block);
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>Takes in everything observed so far, unless it has to wait. The gate is held.</summary>
    private void Drain()
    {
        if (_isHeld)
            return;

        // What comes meanwhile is left: callers that send rows as fast as they are taken in would keep this going for ever.
        for (int left = _buffer.Blocks; left > 0 && _buffer.Take(onlyFull: false) is { } block; left--)
            Process(block);
        _engine.NoteLost(LostRows);
    }

    /// <summary>Rows that came and are in no window.</summary>
    private long LostRows =>
        _buffer.DroppedRows + Interlocked.Read(ref _failedRows) + Interlocked.Read(ref _malformedRows) + Interlocked.Read(ref _futureRows);

    private void Process(ObservationBlock block)
    {
        _engine.NoteLost(LostRows);
        _engine.Process(block);
        _buffer.Return(block);
    }
}
