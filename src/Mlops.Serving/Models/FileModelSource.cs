using System.Security.Cryptography;
using Microsoft.Extensions.Primitives;

namespace Mlops.Serving;

/// <summary>
/// One model file, which is followed when it changes. Versions count the loads of changed contents, from 1, so that only the digest means the same in another
/// process. Thread-safe; dispose of it after the server.
/// </summary>
public sealed class FileModelSource : IModelSource, IDisposable
{
    private readonly string _path;
    private readonly Lock _lock = new();
    private FileSystemWatcher? _watcher;
    private CancellationTokenSource _changed = new();
    private long _version;
    private byte[] _digest = [];
    private bool _isDisposed;

    /// <summary>Follows a file, which need not exist yet.</summary>
    public FileModelSource(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = Path.GetFullPath(path);
    }

    /// <inheritdoc/>
    public async ValueTask<ModelPackage?> LoadAsync(string model, long maximumBytes, CancellationToken cancellationToken = default)
    {
        if (new FileInfo(_path) is { Exists: true, Length: var length } && length > maximumBytes)
            throw new ModelLoadException(model, ModelLoadFailure.TooLarge, $"the file has {length} bytes, {nameof(ModelOptions.MaximumModelBytes)} is {maximumBytes}.");
        byte[] content = await File.ReadAllBytesAsync(_path, cancellationToken).ConfigureAwait(false);
        byte[] digest = SHA256.HashData(content);
        lock (_lock)
        {
            if (!digest.AsSpan().SequenceEqual(_digest))
                _version++;
            _digest = digest;
            return new ModelPackage { Content = content, Version = _version };
        }
    }

    /// <inheritdoc/>
    public IChangeToken? Watch(string model)
    {
        lock (_lock)
        {
            if (_isDisposed)
                return null;

            string folder = Path.GetDirectoryName(_path)!;
            if (_watcher is null && Directory.Exists(folder))
            {
                _watcher = new FileSystemWatcher(folder, Path.GetFileName(_path));
                _watcher.Changed += OnChanged;
                _watcher.Created += OnChanged;
                _watcher.Renamed += OnChanged;
                _watcher.EnableRaisingEvents = true;
            }

            return _watcher is null ? null : new CancellationChangeToken(_changed.Token);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _watcher?.Dispose();
            _changed.Dispose();
        }
    }

    private void OnChanged(object sender, FileSystemEventArgs e)
    {
        CancellationTokenSource fired;
        lock (_lock)
        {
            if (_isDisposed)
                return;
            fired = _changed;
            _changed = new CancellationTokenSource();
        }

        using (fired)
            fired.Cancel();
    }
}
