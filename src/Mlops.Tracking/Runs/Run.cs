using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// The handle through which one process logs to one run. Thread-safe. Call <see cref="Complete"/> before it is disposed, or the run
/// ends as <see cref="RunStatus.Failed"/>.
/// </summary>
/// <remarks>
/// The methods that return nothing never wait and acknowledge nothing: what they took is stored once <see cref="FlushAsync"/>, an
/// awaited <see cref="LogMetricsAsync"/> that came later, or the disposal has returned.
/// </remarks>
public sealed partial class Run : IAsyncDisposable
{
    private readonly TrackingEnvironment _environment;
    private readonly RunRow _row;
    private readonly RunWriter _writer;
    private readonly Activity? _activity;
    private readonly ConcurrentDictionary<string, string> _parameters = new(StringComparer.Ordinal);
    private readonly Lock _ending = new();
    private RunStatus _status;
    private long _endTime;
    private Task? _disposal;

    internal Run(TrackingEnvironment environment, RunRow row, Activity? activity)
    {
        _environment = environment;
        _row = row;
        _activity = activity;
        _status = row.Status;
        _writer = new RunWriter(environment, row);
        environment.OpenRuns.TryAdd(this, 0);
    }

    /// <summary>32 hexadecimal digits.</summary>
    public string Id => _row.Id;

    /// <summary>The experiment's name.</summary>
    public string Experiment => _row.Experiment;

    /// <summary>The name for people; not unique.</summary>
    public string Name => _row.Name;

    /// <summary>The id of the run this one belongs to, or null.</summary>
    public string? ParentId => _row.ParentId;

    /// <summary>When it started, UTC.</summary>
    public DateTimeOffset StartTime => UnixMicroseconds.ToTime(_row.Started);

    /// <summary>How this handle sees the run: running until it is completed or disposed, or ended when a repeated start found it so.</summary>
    public RunStatus Status
    {
        get
        {
            lock (_ending)
            {
                return _status;
            }
        }
    }

    /// <summary>Items of this handle that were dropped so far; the run is incomplete when there are any.</summary>
    public long DroppedItems => _writer.Dropped;

    /// <summary>Logs a parameter, a fact that is set once.</summary>
    /// <param name="key">1 to 250 characters: letters, digits and <c>_ - . : / space</c>.</param>
    /// <param name="value">At most 6 000 characters.</param>
    /// <exception cref="ParameterConflictException">This handle has logged another value.</exception>
    /// <exception cref="RunEndedException">The run has ended.</exception>
    public void LogParameter(string key, string value)
    {
        Names.RequireKey(key, nameof(key));
        Names.RequireValue(value, Names.MaximumParameterLength, nameof(value));
        RequireRunning();
        string first = _parameters.GetOrAdd(key, value);
        if (first != value)
        {
            throw new ParameterConflictException(Id, key, first, value);
        }

        _writer.Add(key, value, isParameter: true);
    }

    /// <summary>Logs a parameter as <c>true</c> or <c>false</c>.</summary>
    /// <inheritdoc cref="LogParameter(string, string)"/>
    public void LogParameter(string key, bool value) => LogParameter(key, value ? "true" : "false");

    /// <summary>Logs a parameter by its invariant text; doubles by the shortest text that reads back as the same value.</summary>
    /// <inheritdoc cref="LogParameter(string, string)"/>
    public void LogParameter<T>(string key, T value)
        where T : IFormattable
    {
        ArgumentNullException.ThrowIfNull(value);
        LogParameter(key, value.ToString(null, CultureInfo.InvariantCulture));
    }

    /// <summary>Sets a tag, which may change; the last value counts.</summary>
    /// <param name="key">1 to 250 characters: letters, digits and <c>_ - . : / space</c>.</param>
    /// <param name="value">At most 8 000 characters.</param>
    /// <exception cref="RunEndedException">The run has ended.</exception>
    public void SetTag(string key, string value)
    {
        Names.RequireTag(key, value, nameof(value));
        RequireRunning();
        _writer.Add(key, value, isParameter: false);
    }

    /// <summary>Sets the description for people, the tag <see cref="RunTags.Note"/>; the last one counts.</summary>
    /// <param name="text">At most 8 000 characters.</param>
    /// <exception cref="RunEndedException">The run has ended.</exception>
    public void SetNote(string text) => SetTag(RunTags.Note, text);

    /// <summary>
    /// Logs one value without waiting. When the buffer is full the value is dropped and counted, and the run is marked incomplete. The same value at
    /// the same step and time is the same point, and kept once.
    /// </summary>
    /// <param name="key">1 to 250 characters: letters, digits and <c>_ - . : / space</c>.</param>
    /// <param name="value">Any double; NaN and infinities are kept bit by bit.</param>
    /// <param name="step">Where in the run, for example the epoch; any number.</param>
    /// <param name="time">When, to the microsecond; null for now.</param>
    /// <exception cref="RunEndedException">The run has ended.</exception>
    public void LogMetric(string key, double value, long step = 0, DateTimeOffset? time = null)
    {
        RequireRunning();
        long microseconds = time is { } given ? UnixMicroseconds.From(given) : _environment.Now;
        _writer.Add(key, Sample.Of(step, microseconds, value));
    }

    /// <summary>
    /// Logs a batch in one transaction: waits while the buffer is full, and returns when all of it is stored.
    /// </summary>
    /// <param name="metrics">The values; read before the first await and not kept. Equal ones are one point (<see cref="Metric"/>).</param>
    /// <param name="cancellationToken">Cancels the wait for room; a batch that was taken is awaited to its end.</param>
    /// <exception cref="ArgumentException">A key is not one; nothing was logged.</exception>
    /// <exception cref="RunEndedException">The run has ended.</exception>
    /// <exception cref="RunDeletedException">The run is deleted.</exception>
    /// <exception cref="BatchRefusedException">The store has a rule of its own that a value breaks; nothing of the batch counts as stored.</exception>
    /// <exception cref="Mlops.Storage.StorageException">The store failed for longer than <see cref="TrackingOptions.RetryDuration"/>, or in a way that repeating does not mend.</exception>
    public Task LogMetricsAsync(IReadOnlyList<Metric> metrics, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        RequireRunning();
        return metrics.Count == 0 ? Task.CompletedTask : _writer.WriteAsync(metrics, _environment.Now, cancellationToken);
    }

    /// <summary>Returns when everything logged through this handle so far is stored.</summary>
    /// <param name="cancellationToken">Ends the wait, not the writing.</param>
    /// <exception cref="Mlops.Storage.StorageException">Something logged since the last flush was lost.</exception>
    /// <exception cref="RunDeletedException">The run was deleted meanwhile; what was logged since the last flush is lost.</exception>
    /// <exception cref="BatchRefusedException">The store has a rule of its own that a value breaks; what was written together with it is lost.</exception>
    /// <exception cref="ParameterConflictException">A parameter was logged elsewhere with another value.</exception>
    public Task FlushAsync(CancellationToken cancellationToken = default) => _writer.FlushAsync().WaitAsync(cancellationToken);

    /// <summary>Ends the run as <see cref="RunStatus.Finished"/>; disposing the handle stores that. Nothing can be logged afterwards.</summary>
    /// <param name="endTime">When it ended, for what is recorded afterwards; null for now.</param>
    /// <exception cref="RunEndedException">The run has ended already.</exception>
    public void Complete(DateTimeOffset? endTime = null) => End(RunStatus.Finished, endTime);

    /// <summary>
    /// Ends the run as <see cref="RunStatus.Failed"/>; disposing the handle stores that, and throws when something is lost. Nothing can
    /// be logged afterwards.
    /// </summary>
    /// <param name="endTime">When it ended, for what is recorded afterwards; null for now.</param>
    /// <exception cref="RunEndedException">The run has ended already.</exception>
    public void Fail(DateTimeOffset? endTime = null) => End(RunStatus.Failed, endTime);

    /// <summary>
    /// Stores everything logged and the end of the run. A run that was not ended before ends as <see cref="RunStatus.Failed"/>, and a
    /// failure to store it is then logged instead of thrown, because an exception is probably on its way already.
    /// </summary>
    /// <exception cref="Mlops.Storage.StorageException">The run was completed or failed by a call, and something of it is lost.</exception>
    /// <exception cref="RunDeletedException">The run was completed or failed by a call, and had been deleted before.</exception>
    public ValueTask DisposeAsync()
    {
        bool ended = !TryEnd(RunStatus.Failed);

        // Here and not in the awaited part, so that the caller's own Activity.Current moves back to the parent.
        StopActivity();
        return new ValueTask(EndAsync(quietly: !ended));
    }

    /// <summary>Items that wait to be written.</summary>
    internal int QueuedItems => _writer.Pending;

    /// <summary>The run's number in the database.</summary>
    internal long Key => _row.Key;

    /// <summary>The end of a body that may have completed its run itself.</summary>
    internal void CompleteUnlessEnded() => TryEnd(RunStatus.Finished);

    /// <summary>Ends the run without hiding the exception that is on its way.</summary>
    internal Task EndQuietlyAsync(RunStatus status, Exception exception)
    {
        StopRecordings();
        lock (_ending)
        {
            if (_disposal is null && _row.Status == RunStatus.Running)
            {
                _endTime = _status == RunStatus.Running ? _environment.Now : _endTime;
                _status = status;
                if (status == RunStatus.Failed)
                {
                    _writer.Add("error.type", exception.GetType().FullName ?? exception.GetType().Name, isParameter: false);
                }
            }
        }

        StopActivity();
        return EndAsync(quietly: true);
    }

    private void End(RunStatus status, DateTimeOffset? time)
    {
        if (!TryEnd(status, time))
        {
            throw new RunEndedException(Id, Status);
        }
    }

    private bool TryEnd(RunStatus status, DateTimeOffset? time = null)
    {
        StopRecordings();
        lock (_ending)
        {
            if (_status != RunStatus.Running)
            {
                return false;
            }

            _status = status;
            _endTime = time is { } given ? UnixMicroseconds.From(given) : _environment.Now;
            return true;
        }
    }

    private Task EndAsync(bool quietly)
    {
        lock (_ending)
        {
            return _disposal ??= EndCoreAsync(_status, _endTime, quietly);
        }
    }

    private async Task EndCoreAsync(RunStatus status, long time, bool quietly)
    {
        try
        {
            if (_row.Status == RunStatus.Running)
            {
                await _writer.EndAsync(status, time).ConfigureAwait(false);
            }
        }
        catch (ParameterConflictException) when (quietly)
        {
            // The run has ended as it should, and the writer has logged the key; the exception holds values.
        }
        catch (Exception exception) when (quietly)
        {
            _environment.Logger.EndFailed(Id, status, StoreFailure.Describe(exception));
        }
        finally
        {
            _environment.OpenRuns.TryRemove(this, out _);
            _writer.Dispose();
        }
    }

    private void StopActivity()
    {
        if (_activity is { IsStopped: false })
        {
            TrackingTelemetry.End(_activity, Status);
        }
    }

    private void RequireRunning()
    {
        // Read without the lock: a race with the end is decided under the writer's.
        RunStatus status = _status;
        if (status != RunStatus.Running)
        {
            throw new RunEndedException(Id, status);
        }
    }
}
