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
    public string IdempotencyKey => field ??= StepIdentity.Of(_attempt.Step.Run.Uid, StepKey);

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

    /// <summary>
    /// Opens an artifact; its bytes are verified while they are read. That the step has read it is kept with its result, see
    /// <see cref="Pipelines.FindConsumersAsync"/>; of one attempt 1 000 artifacts, the first ones.
    /// </summary>
    /// <exception cref="ArtifactNotFoundException">The store does not hold it.</exception>
    public ValueTask<Stream> OpenArtifactAsync(ArtifactRef artifact, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(artifact);
        return OpenAsync();

        async ValueTask<Stream> OpenAsync()
        {
            Stream content = await _attempt.UseStorageAsync(_attempt.Payloads.OpenAsync(artifact, cancellationToken)).ConfigureAwait(false);
            _attempt.TryRecord(new StepData(StepDataKind.Artifact, "", artifact.Sha256, IsOutput: false));
            return content;
        }
    }

    /// <summary>
    /// Says that the step has read data which lives elsewhere: a file, a table, a topic. Kept with the step's result and with its checkpoints, found again by
    /// <see cref="Pipelines.FindConsumersAsync"/>, told to receivers of the outbox.
    /// </summary>
    /// <param name="name">Its address, such as <c>s3://lake/rides/2026.parquet</c>, or a name: 1 to 1 000 characters. Without passwords and the like: it is stored and told.</param>
    /// <param name="digest">What identifies its content or version, such as a SHA-256, an ETag or a snapshot's number: 1 to 200 characters.</param>
    /// <exception cref="ArgumentException">One of them is empty, too long, or holds what no database stores.</exception>
    /// <exception cref="PermanentStepException">The attempt has recorded 1 000 other inputs, or a secret that it has read is in the texts.</exception>
    public void RecordInput(string name, string digest) => Record(name, digest, isOutput: false);

    /// <summary>The same for data that the step has made and that lives elsewhere; found again by <see cref="Pipelines.FindProducersAsync"/>.</summary>
    /// <param name="name">Its address or name: 1 to 1 000 characters, without passwords and the like.</param>
    /// <param name="digest">What identifies its content or version: 1 to 200 characters.</param>
    /// <exception cref="ArgumentException">One of them is empty, too long, or holds what no database stores.</exception>
    /// <exception cref="PermanentStepException">The attempt has recorded 1 000 other outputs, or a secret that it has read is in the texts.</exception>
    public void RecordOutput(string name, string digest) => Record(name, digest, isOutput: true);

    /// <summary>How many more outputs <see cref="RecordOutput"/> takes in this attempt, 1 000 at first: look before you do what has to be recorded.</summary>
    public int RemainingOutputs => _attempt.CountRoom(StepDataKind.External, isOutput: true);

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
    /// <exception cref="PermanentStepException">
    /// No context of the definition serialises <typeparamref name="T"/>, or a secret that the step has read is in the name or in the result.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// The attempt has ended: it no longer owns the step, or the run is over. Where only its token has fired, what the work returns is kept all the same.
    /// </exception>
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

    private void Record(string name, string digest, bool isOutput)
    {
        RequireText(name, StepData.MaximumNameLength, nameof(name));
        RequireText(digest, StepData.MaximumDigestLength, nameof(digest));
        _attempt.Secrets.RequireNone($"{name} {digest}", $"What step '{StepKey}' records");
        if (!_attempt.TryRecord(new StepData(StepDataKind.External, name, digest, isOutput)))
        {
            throw new PermanentStepException(
                $"Step '{StepKey}' has recorded {StepAttempt.MaximumData} {(isOutput ? "outputs" : "inputs")} already; record a manifest of many instead of each of them.");
        }
    }

    private static void RequireText(string text, int longest, string parameter)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text, parameter);
        if (text.Length > longest || !StoredText.IsStorable(text))
        {
            throw new ArgumentException($"It has 1 to {longest} characters without U+0000 and lone surrogates, got {text.Length}.", parameter);
        }
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
