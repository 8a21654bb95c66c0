using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>What a step knows about the attempt it runs in.</summary>
public class StepContext
{
    private readonly StepAttempt _attempt;

    private protected StepContext(StepAttempt attempt) => _attempt = attempt;

    /// <summary>The run.</summary>
    public long RunId => _attempt.Step.Run.Id;

    /// <summary>The pipeline's name.</summary>
    public string Pipeline => _attempt.Graph.Pipeline;

    /// <summary>The step's key; of an item, <c>group[key]</c>.</summary>
    public string StepKey => _attempt.Step.Key;

    /// <summary>1 for the first attempt; every attempt counts, also those that a worker's end cut short.</summary>
    public int Attempt => (int)_attempt.Step.Attempt;

    /// <summary>
    /// 32 hexadecimal digits that are the same in every attempt of this step and differ for every other step of every run: hand it to systems
    /// that recognise repeated requests.
    /// </summary>
    public string IdempotencyKey => field ??= CreateIdempotencyKey();

    /// <summary>
    /// Grows with every attempt of this step. A system that remembers the largest token it has seen can turn away a worker that was thought
    /// dead and wakes up late.
    /// </summary>
    public long FencingToken => _attempt.Step.Epoch;

    /// <summary>Fires when the attempt should end; <see cref="AbortReason"/> says why.</summary>
    public CancellationToken CancellationToken => _attempt.CancellationToken;

    /// <summary>Why <see cref="CancellationToken"/> fired.</summary>
    public AbortReason AbortReason => _attempt.AbortReason;

    /// <summary>
    /// Stores bytes by their content, for values too large to be a result. They are kept as long as the run if this attempt commits, and
    /// removed by a later collection if it does not.
    /// </summary>
    /// <exception cref="InvalidOperationException">No artifact store is configured.</exception>
    public Task<ArtifactRef> StoreArtifactAsync(Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        return _attempt.Payloads.UploadAsync(_attempt, content, cancellationToken);
    }

    /// <summary>Opens an artifact; its bytes are verified while they are read.</summary>
    /// <exception cref="ArtifactNotFoundException">The store does not hold it.</exception>
    public ValueTask<Stream> OpenArtifactAsync(ArtifactRef artifact, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(artifact);
        return _attempt.Payloads.OpenAsync(artifact, cancellationToken);
    }

    /// <summary>
    /// Says how far the attempt is, for whoever watches the run. Costs next to nothing: the latest report is stored about once a second, is
    /// not part of the log, and goes with the attempt.
    /// </summary>
    /// <param name="fraction">0 to 1.</param>
    /// <param name="message">What it is doing; cut to 2 000 characters.</param>
    public void Report(double fraction, string? message = null)
    {
        if (!(fraction is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "A fraction is 0 to 1.");
        }

        _attempt.Progress = new StepProgress(fraction, message is null ? null : StoredText.Clean(_attempt.Secrets.Redact(message)));
    }

    /// <summary>
    /// Goes to the host's logging, and is kept with the step from level Information on: the first 200 lines of an attempt, 2 000 characters
    /// each. See <see cref="PipelineRun.ReadLogAsync"/>.
    /// </summary>
    public ILogger Logger => _attempt.Logger;

    /// <summary>
    /// A secret from the worker's <see cref="ISecretSource"/>, in a host the configuration's section <c>Mlops:Secrets</c>. From here on the
    /// attempt's errors, log lines, scopes of its log, progress, and the status and tags of its own span show <c>***</c> in place of the
    /// value, and results and checkpoints that hold it are refused. Values of fewer than four characters, forms other than the value itself,
    /// the bytes of artifacts, events of the span, spans that the step opens itself and tags that are not text are not looked at.
    /// </summary>
    /// <exception cref="PermanentStepException">There is no such secret.</exception>
    public ValueTask<string> GetSecretAsync(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return _attempt.Secrets.GetAsync(name, StepKey, CancellationToken);
    }

    /// <summary>
    /// A checkpoint inside a step: work that is done once, whatever becomes of the attempt. Its result is committed under the name, if the
    /// attempt still owns the step, and every later attempt of the step in this run receives it without doing the work again. Results are
    /// found by name alone, in any order. Artifacts that the attempt has stored so far are kept with it.
    /// </summary>
    /// <param name="name">1 to 200 characters, unique within the step.</param>
    /// <param name="work">
    /// Receives <see cref="CancellationToken"/>. It may run again where its attempt ends before the result is committed; two calls under one
    /// name at once may both run it, and both return what was committed first.
    /// </param>
    /// <exception cref="ArgumentException">The name is empty, too long, or holds what no database stores.</exception>
    /// <exception cref="PermanentStepException">No context of the definition serialises <typeparamref name="T"/>.</exception>
    /// <exception cref="OperationCanceledException">The attempt has ended: it no longer owns the step, or the run is over.</exception>
    public Task<T> MemoAsync<T>(string name, Func<CancellationToken, Task<T>> work)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(work);
        if (name.Length > StepMemory.MaximumNameLength || !StoredText.IsStorable(name))
        {
            throw new ArgumentException(
                $"A name has 1 to {StepMemory.MaximumNameLength} characters without U+0000 and lone surrogates, got {name.Length}.", nameof(name));
        }

        return _attempt.Memory.GetOrAddAsync(_attempt, name, work);
    }

    private string CreateIdempotencyKey()
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"{_attempt.Step.Run.Uid}/{StepKey}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
    }
}

/// <summary>What a step knows about the attempt it runs in, with the run's parameters.</summary>
/// <typeparam name="TParameters">What the run was started with.</typeparam>
public sealed class StepContext<TParameters> : StepContext
{
    internal StepContext(StepAttempt attempt, TParameters parameters)
        : base(attempt) => Parameters = parameters;

    /// <summary>What the run was started with; an instance of this attempt's own.</summary>
    public TParameters Parameters { get; }
}
