namespace Mlops.Serving;

/// <summary>How calls of a model run at present; the values of the gauge <c>mlops.serving.batching.mode</c>.</summary>
internal enum BatchingMode
{
    /// <summary>Each alone: on its caller's thread, or one after the other where runs are slow.</summary>
    Alone,

    /// <summary>Together for a few calls, to learn what that gains.</summary>
    Probing,

    /// <summary>Together.</summary>
    Together,
}
