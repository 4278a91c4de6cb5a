# SPDX-License-Identifier: BSD-2-Clause
#
# Kernel and host headers in any order: writes translation units that include
# all of them, and compiles each.
#
#   cmake -DCOMPILERS=... -DFLAGS=... -DKPI=... -DBODY=... -DDIR=...
#         -P include_order.cmake

set(host assert ctype dlfcn errno fcntl inttypes limits locale math poll
    pthread pwd sched semaphore setjmp signal spawn stdarg stdatomic stdbool
    stddef stdint stdio stdlib string strings syslog threads time unistd wchar
    sys/mman sys/param sys/queue sys/resource sys/select sys/stat sys/time
    sys/types sys/uio sys/wait linux/sysctl)
list(TRANSFORM host APPEND ".h")
# cmocka leaves it to others to include these first.
set(cmocka "stdarg.h>\n#include <stddef.h>\n#include <stdint.h>\n#include <setjmp.h>\n#include <cmocka.h")
list(APPEND host "${cmocka}")

file(GLOB_RECURSE kernel RELATIVE ${KPI} ${KPI}/*.h)
# What merely wraps a header of the host's, or is only ever included by
# another one.
list(FILTER kernel EXCLUDE REGEX "^(linux|asm)/|^spawn\\.h$|^netinet6/in6\\.h$")
list(LENGTH kernel count)
if(count LESS 20)
    message(FATAL_ERROR "no kernel headers in ${KPI}")
endif()

# Some order that depends on the seed alone.
function(shuffle seed result)
    set(keyed)
    foreach(header ${ARGN})
        string(MD5 key "${seed} ${header}")
        list(APPEND keyed "${key} ${header}")
    endforeach()
    list(SORT keyed)
    list(TRANSFORM keyed REPLACE "^[0-9a-f]+ " "")
    set(${result} ${keyed} PARENT_SCOPE)
endfunction()

function(try_order name)
    set(text "")
    foreach(header ${ARGN})
        string(APPEND text "#include <${header}>\n")
    endforeach()
    string(APPEND text "#include \"${BODY}\"\n")
    set(source ${DIR}/order_${name}.c)
    file(WRITE ${source} "${text}")
    foreach(compiler ${COMPILERS})
        foreach(kind "" "-DKLD_NAME=driver;-DKPI_DRIVER")
            execute_process(COMMAND ${compiler} -fsyntax-only ${FLAGS} ${kind}
                ${source} RESULT_VARIABLE status ERROR_VARIABLE output)
            if(NOT status EQUAL 0)
                message(SEND_ERROR "${compiler} ${kind} ${name}:\n${output}")
            endif()
        endforeach()
    endforeach()
endfunction()

try_order(kernel_first ${kernel} ${host})
try_order(host_first ${host} ${kernel})
foreach(seed RANGE 1 ${SEEDS})
    shuffle(${seed} order ${kernel} ${host})
    try_order(seed${seed} ${order})
endforeach()

# Each kernel header alone.
list(GET COMPILERS 0 compiler)
foreach(header ${kernel})
    string(REPLACE "/" "_" name ${header})
    set(source ${DIR}/alone_${name}.c)
    file(WRITE ${source} "#include <${header}>\n")
    execute_process(COMMAND ${compiler} -fsyntax-only ${FLAGS} ${source}
        RESULT_VARIABLE status ERROR_VARIABLE output)
    if(NOT status EQUAL 0)
        message(SEND_ERROR "${header} alone:\n${output}")
    endif()
endforeach()
