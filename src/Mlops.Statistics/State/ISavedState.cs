namespace Mlops.Statistics;

/// <summary>What a detector, sequence or procedure shows of itself to be saved and restored.</summary>
internal interface ISavedState
{
    /// <summary>Names the type in the binary form; never reused.</summary>
    static abstract byte Kind { get; }

    /// <summary>Passes every setting and every variable, in one order for both directions.</summary>
    void Transfer(ref StateTransfer transfer);
}
