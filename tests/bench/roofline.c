/*
 * bench_roofline - counts the packets of a capture with pcap_loop: what any reader has to pay.
 */
#include <pcap/pcap.h>
#include <stdio.h>

static void count(u_char *packets, const struct pcap_pkthdr *header, const u_char *data)
{
    (void)header;
    (void)data;
    ++*(unsigned long *)(void *)packets;
}

int main(int argc, char **argv)
{
    char error[PCAP_ERRBUF_SIZE] = "usage: bench_roofline FILE";
    pcap_t *capture = argc == 2 ? pcap_open_offline(argv[1], error) : NULL;
    unsigned long packets = 0;

    if (!capture || pcap_loop(capture, -1, count, (u_char *)&packets) != 0) {
        fprintf(stderr, "bench_roofline: %s\n", capture ? pcap_geterr(capture) : error);
        return 1;
    }
    printf("%lu\n", packets);
    pcap_close(capture);
    return 0;
}
