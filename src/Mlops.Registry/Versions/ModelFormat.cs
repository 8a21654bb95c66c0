namespace Mlops.Registry;

/// <summary>What the bytes of a version are. The numbers are stored and never change.</summary>
public enum ModelFormat
{
    /// <summary>An ONNX file, which must parse to be registered. The default.</summary>
    Onnx = 0,

    /// <summary>Anything else; the registry does not look inside.</summary>
    Other = 1,

    /// <summary>For registering only: <see cref="Onnx"/> when the bytes parse as that, otherwise <see cref="Other"/>.</summary>
    Detect = 2,

    /// <summary>A manifest of several files, see <see cref="ModelRegistry.RegisterFilesAsync"/>; <see cref="ModelRegistry.ReadFilesAsync"/> lists them.</summary>
    Folder = 3,

    /// <summary>An address in UTF-8 under which the model is kept elsewhere, see <see cref="ModelRegistry.RegisterReferenceAsync"/>.</summary>
    Reference = 4,
}
