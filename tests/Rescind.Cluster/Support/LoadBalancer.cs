using System.Net.Sockets;
using Rescind.Conformance.Support;
using Rescind.EndToEnd;

namespace Rescind.Cluster.Support;

/// <summary>nginx on a free port of the loopback: requests go round among the nodes.</summary>
internal sealed class LoadBalancer : IAsyncDisposable
{
    private readonly string _folder = Places.NewFolder();
    private Child? _child;

    public Uri Url { get; } = new(FreeUrl.Next());

    /// <summary>What it says itself, of nodes that did not answer.</summary>
    public string Errors => File.ReadAllText(Path.Combine(_folder, "error.log"));

    /// <summary>Starts it in front of these.</summary>
    public async Task StartAsync(IEnumerable<Uri> nodes)
    {
        var file = Path.Combine(_folder, "nginx.conf");
        await File.WriteAllTextAsync(file, Configuration(nodes));
        _child = Child.Start(Program, ["-p", _folder, "-c", file]);
        await UntilItListensAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_child is not null)
        {
            await _child.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    // Where a package puts it is not in everybody's path.
    private static string Program => File.Exists("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx";

    // The upstream and the location are those of docs/operating/several-nodes.md, but for the time that a node that did
    // not answer is left alone: nodes of a test come back at once.
    private string Configuration(IEnumerable<Uri> nodes) => $$"""
        daemon off;
        master_process off;
        pid nginx.pid;
        error_log error.log warn;
        events { worker_connections 4096; }
        http {
          access_log off;
          client_body_temp_path body;
          proxy_temp_path proxy;
          fastcgi_temp_path fastcgi;
          uwsgi_temp_path uwsgi;
          scgi_temp_path scgi;
          upstream authority {
        {{string.Join('\n', nodes.Select(node => $"    server {node.Authority} max_fails=1 fail_timeout=1s;"))}}
            keepalive 64;
          }
          server {
            listen {{Url.Authority}} backlog=1024;
            location / {
              proxy_pass http://authority;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_set_header Host $http_host;
              proxy_connect_timeout 1s;
              proxy_read_timeout 15s;
              proxy_next_upstream error timeout;
              proxy_next_upstream_timeout 5s;
              error_page 502 504 =503 @unknown;
            }
            location @unknown {
              default_type application/problem+json;
              add_header Retry-After 1 always;
              return 503 '{"status":503,"title":"No node has answered.","error":"temporarily_unavailable"}';
            }
          }
        }
        """;

    private async Task UntilItListensAsync()
    {
        for (var attempt = 0; attempt < 500; attempt++)
        {
            try
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync(Url.Host, Url.Port);
                return;
            }
            catch (SocketException) when (!_child!.HasExited)
            {
                await Task.Delay(20);
            }
        }

        throw new InvalidOperationException($"nginx does not listen at {Url}:\n{_child!.Output}");
    }
}
