namespace Mlops.Serving;

/// <summary>Who answers a call, and what the call is to a rollout.</summary>
internal readonly struct Routing
{
    private readonly RolloutEvidence? _evidence;
    private readonly ulong _hash;
    private readonly bool _isCandidate;
    private readonly double _share;

    /// <summary>There was nothing to choose.</summary>
    public Routing(Deployment deployment, string? key)
    {
        Deployment = deployment;
        Key = key;
        Propensity = 1;
    }

    /// <param name="deployment">Who answers.</param>
    /// <param name="key">Who the call is for.</param>
    /// <param name="hash">Hash of the key.</param>
    /// <param name="isCandidate">Whether the candidate answers.</param>
    /// <param name="share">Of the keys, those that it answers.</param>
    /// <param name="evidence">What the call tells something; <c>null</c> when it is no evidence.</param>
    public Routing(Deployment deployment, string? key, ulong hash, bool isCandidate, double share, RolloutEvidence? evidence)
    {
        Deployment = deployment;
        Key = key;
        Propensity = isCandidate ? share : 1 - share;
        _hash = hash;
        _isCandidate = isCandidate;
        _share = share;
        _evidence = evidence;
    }

    public Deployment Deployment { get; }

    /// <summary>Role of the version that answers.</summary>
    public string Variant => Deployment.Role;

    /// <summary>Who the call is for, in clear.</summary>
    public string? Key { get; }

    /// <summary>How probable the choice was.</summary>
    public double Propensity { get; }

    /// <summary>Whether a rollout learns from the call.</summary>
    public bool IsEvidence => _evidence is not null;

    /// <summary>The call was answered.</summary>
    /// <param name="run">The run that answered it.</param>
    /// <param name="id">Identity of the prediction.</param>
    /// <param name="output">What the model's selected output is.</param>
    /// <param name="selected">Its bytes, of one row or more; empty when it was not asked for.</param>
    public void Answered(in RunTime run, PredictionId id, TensorSpec output, ReadOnlySpan<byte> selected)
    {
        if (_evidence is null)
            return;

        // Where the stable version does the same for the same keys, it is no evidence against the candidate.
        if (!output.Type.AreFinite(selected))
            _evidence.OnFault(_hash, _isCandidate, _share);
        _evidence.OnAnswer(_hash, _isCandidate, _share, run, id, _evidence.HasOutcomes ? Predicted.From(output, selected) : null);
    }

    /// <summary>The call failed; that counts where it is the model's doing.</summary>
    public void Failed(Exception exception)
    {
        if (exception is PredictionException fault)
            _evidence?.OnFault(_hash, _isCandidate, _share, fault.SharedRun);
    }
}
