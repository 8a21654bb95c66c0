namespace Mlops.Serving;

/// <summary>Why a call was refused; the values of the tag <c>mlops.serving.shed.reason</c>.</summary>
internal enum ShedReason
{
    /// <summary>Too many rows wait.</summary>
    QueueFull,

    /// <summary>It could not be answered by its deadline.</summary>
    TooLate,

    /// <summary>It waited, and a call of higher priority took its place.</summary>
    Displaced,
}
