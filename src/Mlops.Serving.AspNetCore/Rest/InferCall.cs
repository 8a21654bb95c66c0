namespace Mlops.Serving.AspNetCore;

/// <summary>One call as a client asked for it, and the text of its answer. Kept for reuse. Not thread-safe.</summary>
internal sealed class InferCall(InferenceOptions options)
{
    /// <summary>Inputs and the names of the outputs that are wanted.</summary>
    public TensorRequest Request { get; } = new();

    /// <summary>For each output that is wanted by name, in order, whether it is answered as bytes; <c>null</c> where the output does not say.</summary>
    public List<bool?> AreOutputsBinary { get; } = [];

    /// <summary>Whether outputs that do not say are answered as bytes.</summary>
    public bool IsBinary { get; set; }

    /// <summary>The client's own id, which is echoed; <c>null</c> when there is none.</summary>
    public string? ClientId { get; set; }

    public string? RoutingKey { get; set; }

    public TimeSpan? Timeout { get; set; }

    public PredictionPriority Priority { get; set; }

    public TensorValues Values { get; } = new(options);

    public Utf8Text Text { get; } = new();

    public PredictionOptions ToOptions(long? version) => new() { RoutingKey = RoutingKey, Timeout = Timeout, Priority = Priority, Version = version };

    /// <summary>Whether the output at a place of the answer is answered as bytes.</summary>
    public bool IsOutputBinary(int index) => index < AreOutputsBinary.Count ? AreOutputsBinary[index] ?? IsBinary : IsBinary;

    public void Clear()
    {
        Request.Clear();
        AreOutputsBinary.Clear();
        IsBinary = false;
        ClientId = null;
        RoutingKey = null;
        Timeout = null;
        Priority = PredictionPriority.Normal;
        Text.Clear();
    }
}
