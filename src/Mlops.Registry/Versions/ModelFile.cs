using Mlops.Storage;

namespace Mlops.Registry;

/// <summary>One file of a version that is a folder.</summary>
/// <param name="Name">Its name within the folder, by the grammar of <see cref="ArtifactName"/>, for example <c>model/weights.bin</c>.</param>
/// <param name="Hash">The SHA-256 of its bytes.</param>
/// <param name="Length">The number of its bytes.</param>
public sealed record ModelFile(string Name, ContentHash Hash, long Length);
