using Mlops.Storage;

namespace Mlops.Registry;

/// <summary>One version of a model. It never changes.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Number">1, 2, 3, ... within the model.</param>
/// <param name="Hash">The SHA-256 of its bytes, checked whenever they are read.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Format">What the bytes are.</param>
/// <param name="RegisteredAt">When it was registered.</param>
/// <param name="RunId">The run that made it, if that was said.</param>
/// <param name="Description">What a reader should know.</param>
public sealed record ModelVersion(
    string Model, int Number, ContentHash Hash, long Length, ModelFormat Format, DateTimeOffset RegisteredAt, string? RunId, string? Description);
